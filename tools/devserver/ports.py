"""Say which ports are taken, before anything is started."""

from __future__ import annotations

import socket

from config.env import Env


class Taken(SystemExit):
    """A port that is needed is in use; the message names each and its setting."""


def check_ports(env: Env, programs: list[str]) -> None:
    """Raise Taken unless each port that this run will use is free."""
    needed = {"PORT": env.port if "web" in programs else None, "FLOWER_PORT": env.flower_port if "flower" in programs else None}
    needed["MAILBOX_PORT"] = env.mailbox_port if env.bundled_mail else None
    taken = [advice(name, port) for name, port in needed.items() if port and not free(port)]
    if taken:
        raise Taken("\n".join(taken))


def free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def advice(name: str, port: int) -> str:
    return f"Port {port} is taken by another program. Set {name} to a free one, for instance {name}={min(port + 1, 65535)}."
