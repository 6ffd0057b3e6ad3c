"""Load a dump in one transaction that also holds what is owed: it is there whole and quiet, or not at all."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryFile
from threading import Thread
from typing import IO, cast

from app.backup import programs
from app.backup.archive import pieces
from app.backup.errors import RestoreFailed
from app.backup.making import ended

QUIET = Path(__file__).with_name("quiet.sql")
EMPTY = b"DROP SCHEMA public CASCADE; CREATE SCHEMA public;\n"
# pg_restore of 17 and later sets it, whatever the server.
NOT_OF_OLDER_SERVERS = b"SET transaction_timeout"
END_OF_SETTINGS = b"SET row_security"


def load(dump: IO[bytes], *, replace: bool) -> None:
    """Load what `pg_dump` wrote. With `replace`, what is there goes. Raises RestoreFailed; then nothing has changed.

    psql gets all from one pipe, and the COMMIT only after pg_restore has ended well: a pipe that breaks is a rollback.
    """
    psql = [programs.program("psql", newest=True), "-X", "-q", "-w", "-v", "ON_ERROR_STOP=1", "-o", "/dev/null"]
    with TemporaryFile() as complaints:
        with subprocess.Popen(psql, stdin=subprocess.PIPE, stderr=complaints, env=programs.environ()) as process:
            try:
                # Where it breaks, psql has gone: why is in its complaints.
                with suppress(BrokenPipeError), cast("IO[bytes]", process.stdin) as statements:
                    statements.write(b"BEGIN;\n" + (EMPTY if replace else b""))
                    for piece in _statements(dump):
                        statements.write(piece)
                    statements.write(QUIET.read_bytes() + b"COMMIT;\n")
            except BaseException:
                process.kill()
                raise
        if process.returncode:
            raise RestoreFailed(ended("psql", process.returncode, complaints))


def _statements(dump: IO[bytes]) -> Iterator[bytes]:
    """Yield the dump as SQL. Raises RestoreFailed where pg_restore cannot read it."""
    command = [programs.program("pg_restore", newest=True), "--no-owner", "--no-privileges", "-f", "-"]
    with TemporaryFile() as complaints:
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=complaints) as process:
            feeder = Thread(target=_feed, args=(dump, process), daemon=True)
            feeder.start()
            try:
                statements = cast("IO[bytes]", process.stdout)
                yield from _settings(statements)
                yield from pieces(statements)
            except BaseException:
                process.kill()
                raise
            finally:
                feeder.join()
        if process.returncode:
            raise RestoreFailed(ended("pg_restore", process.returncode, complaints))


def _feed(dump: IO[bytes], process: subprocess.Popen[bytes]) -> None:
    with suppress(BrokenPipeError), cast("IO[bytes]", process.stdin) as standard_input:
        for piece in pieces(dump):
            standard_input.write(piece)


def _settings(statements: IO[bytes]) -> Iterator[bytes]:
    """Yield the first lines, without the one that an older server does not know."""
    while line := statements.readline():
        if not line.startswith(NOT_OF_OLDER_SERVERS) or programs.server_major() >= 17:
            yield line
        if line.startswith(END_OF_SETTINGS):
            return
