"""Whether a file is a whole and undamaged backup, before anything is changed."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from django.db.migrations.loader import MigrationLoader
from django.utils.translation import gettext as _

from app.backup.archive import DATABASE, DIGESTS, INCOMPLETE, MANIFEST, MANIFEST_LIMIT, MEDIA, PIECE, Reader, pieces, readable
from app.backup.errors import BadBackup
from app.backup.manifest import Manifest, Part


def checked(path: Path) -> Manifest:
    """Read the whole file, and return its manifest. Raises BadBackup that names the first part that is damaged."""
    found: dict[str, Part] = {}
    manifest, listed = None, False
    with readable(), TemporaryFile() as digests:
        for name, content in Reader(path).parts():
            if name == MANIFEST:
                manifest = Manifest.from_json(content.read(MANIFEST_LIMIT))
            elif name == DIGESTS:
                listed, found[DIGESTS] = True, _compare(content, digests)
            else:
                part = _digested(content)
                if name.startswith(MEDIA):
                    digests.write(f"{part.sha256}  {name}\n".encode())
                else:
                    found[name] = part
    if manifest is None or not listed:
        raise BadBackup(INCOMPLETE)
    for name, part in ((DATABASE, manifest.database), (DIGESTS, manifest.digests)):
        if found.get(name) != part:
            raise BadBackup(_("%(name)s is damaged: it is not what the manifest says.") % {"name": name})
    _refuse_later(manifest)
    return manifest


def _digested(content: IO[bytes]) -> Part:
    digest, size = sha256(), 0
    for piece in pieces(content):
        digest.update(piece)
        size += len(piece)
    return Part(size=size, sha256=digest.hexdigest())


def _compare(listed: IO[bytes], computed: IO[bytes]) -> Part:
    """Compare the listed digests with those of the files, which come in the same order. Raises BadBackup."""
    computed.seek(0)
    digest, size = sha256(), 0
    while True:
        wanted, here = listed.readline(PIECE), computed.readline(PIECE)
        if wanted != here:
            raise BadBackup(_("%(name)s is damaged, or not the file that was saved.") % {"name": _name(here or wanted)})
        if not wanted:
            return Part(size=size, sha256=digest.hexdigest())
        digest.update(wanted)
        size += len(wanted)


def _name(line: bytes) -> str:
    return line.decode(errors="replace").partition("  ")[2].strip()[:200] or DIGESTS


def _refuse_later(manifest: Manifest) -> None:
    """Raise BadBackup where the tables are those of a later release than this code."""
    known = MigrationLoader(None).disk_migrations
    ours = {app for app, _ in known}
    later = [f"{app}.{name}" for app, name in manifest.migrations.items() if app in ours and (app, name) not in known]
    if later:
        said = _("It was made by a later release (%(names)s). Restore it with that release.")
        raise BadBackup(said % {"names": ", ".join(sorted(later)[:5])})
