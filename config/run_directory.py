"""Where the bundled servers live: one private, short run directory for each data directory."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from urllib.parse import quote

BASE = Path("/tmp")  # noqa: S108  short, and the same in every session of a user, unlike $TMPDIR
MAILBOX_PORT = 1025


class NotOurs(SystemExit):
    """The run directory belongs to another user."""


def run_dir(data_dir: Path) -> Path:
    """Return the directory of the sockets; short, as a socket's path holds 107 bytes."""
    digest = hashlib.sha256(os.fsencode(data_dir.resolve())).hexdigest()[:10]
    return BASE / f"afterword-{os.getuid()}-{digest}"


def claim(directory: Path) -> Path:
    """Make the directory ours alone, or raise NotOurs."""
    directory.mkdir(mode=0o700, exist_ok=True)
    found = directory.lstat()
    if found.st_uid != os.getuid() or directory.is_symlink():
        raise NotOurs(f"{directory} belongs to another user; remove it, or set DATA_DIR to another folder.")
    directory.chmod(0o700)
    return directory


def database_url(data_dir: Path) -> str:
    return f"postgres://afterword@{quote(str(run_dir(data_dir) / 'pg'), safe='')}/afterword"


def broker_url(data_dir: Path) -> str:
    return f"redis+socket://{run_dir(data_dir)}/broker.sock?virtual_host=0"


def cache_url(data_dir: Path) -> str:
    return f"unix://{run_dir(data_dir)}/cache.sock?db=0"


def mail_url(port: int = MAILBOX_PORT) -> str:
    return f"smtp://127.0.0.1:{port}"
