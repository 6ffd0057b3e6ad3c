"""Become another user, end when the starter ends, then become the given program.

Run as a script: `python -I launch.py '{"user": [uid, gid], "needs": [...], "signal": 2, "parent": 1}' program`. What it
does between fork and exec is not safe in a process that has threads.
"""

from __future__ import annotations

import ctypes
import json
import os
import stat
import sys
from pathlib import Path

DEATH_SIGNAL, KEEP_CAPS, SECURE_BITS, AMBIENT, RAISE = 1, 8, 28, 47, 2
NO_SETUID_FIXUP = 4
OVERRIDE, READ_SEARCH = 1, 2
VERSION_3 = 0x20080522
LINUX = sys.platform == "linux"


class Header(ctypes.Structure):
    _fields_ = [("version", ctypes.c_uint32), ("pid", ctypes.c_int)]


class Sets(ctypes.Structure):
    _fields_ = [("effective", ctypes.c_uint32), ("permitted", ctypes.c_uint32), ("inheritable", ctypes.c_uint32)]


def main() -> None:
    order, program = json.loads(sys.argv[1]), sys.argv[2:]
    if user := order["user"]:
        os.chdir("/")
        become(user[0], user[1], [Path(path) for path in order["needs"]])
    if LINUX:
        end_with_parent(order["signal"], order["parent"])
    os.execv(program[0], program)  # noqa: S606


def become(uid: int, gid: int, needs: list[Path]) -> None:
    """Drop to the user; keep the right to pass closed folders only where one is on the way."""
    closed = [parent for path in needs for parent in path.parents if not parent.stat().st_mode & stat.S_IXOTH]
    if not closed:
        drop(uid, gid)
    elif not (LINUX and drop_but_read(uid, gid)):
        advice = "set DATA_DIR to a folder that others may enter, or DATABASE_URL to a server of yours"
        sys.exit(f"User {uid} cannot enter {closed[0]}: {advice}.")


def drop(uid: int, gid: int) -> None:
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)


def drop_but_read(uid: int, gid: int) -> bool:
    """Drop to the user with one capability left: to read and search. Return whether the system allowed it."""
    held = permitted()
    capability = next((cap for cap in (READ_SEARCH, OVERRIDE) if held >> cap & 1), None)
    # Without this bit access(2) ignores capabilities, and PostgreSQL asks access(2) whether its own binaries are there.
    if capability is None or prctl(SECURE_BITS, NO_SETUID_FIXUP):
        return False
    drop(uid, gid)
    only = 1 << capability
    data = (Sets * 2)(Sets(only, only, only))
    libc().capset(ctypes.byref(Header(VERSION_3, 0)), data)
    return prctl(AMBIENT, RAISE, capability) == 0


def permitted() -> int:
    data = (Sets * 2)()
    libc().capget(ctypes.byref(Header(VERSION_3, 0)), data)
    return int(data[0].permitted)


def end_with_parent(signal: int, parent: int) -> None:
    """Ask the kernel for the signal at the starter's end. After the change of user: that clears the request."""
    prctl(DEATH_SIGNAL, signal)
    if os.getppid() != parent:
        sys.exit("The starter has ended.")


def prctl(option: int, *arguments: int) -> int:
    return int(libc().prctl(option, *(ctypes.c_ulong(argument) for argument in (*arguments, 0, 0, 0, 0)[:4])))


def libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


if __name__ == "__main__":
    main()
