"""The archive: a tar file that is written and read in pieces, however large its parts are.

`database.dump`, `media/...`, `media.sha256` (as `sha256sum` writes it), and last `manifest.json`: what broke off has none.
"""

from __future__ import annotations

import tarfile
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import IO, BinaryIO

from django.core.files.base import File
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from app.backup.errors import BadBackup
from app.backup.manifest import Manifest, Part

DATABASE, MEDIA, DIGESTS, MANIFEST = "database.dump", "media/", "media.sha256", "manifest.json"
PIECE = 2**20
MANIFEST_LIMIT = 16 * 2**20
INCOMPLETE = gettext_lazy(
    "It is not a whole backup: it has no manifest at its end. It is damaged, broke off, or was not made by `manage.py backup`."
)


class Writer:
    """Writes an archive into a file that can be sought: the size of a part is known when it is written."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file

    def add(self, name: str, pieces: Iterable[bytes], *, mtime: float) -> Part:
        """Add a part. Return its size and digest."""
        start, size, digest = self.file.tell(), 0, sha256()
        self.file.write(_header(name, 0, mtime))
        for piece in pieces:
            self.file.write(piece)
            digest.update(piece)
            size += len(piece)
        self.file.write(b"\0" * (-size % tarfile.BLOCKSIZE))
        self.file.seek(start)
        self.file.write(_header(name, size, mtime))
        self.file.seek(0, 2)
        return Part(size=size, sha256=digest.hexdigest())

    def undo(self, start: int) -> None:
        """Take back what was written since this place."""
        self.file.seek(start)
        self.file.truncate()

    def close(self) -> None:
        """Write the end of the archive."""
        self.file.write(b"\0" * (2 * tarfile.BLOCKSIZE))


def _header(name: str, size: int, mtime: float) -> bytes:
    info = tarfile.TarInfo(name)
    info.size, info.mtime, info.mode = size, int(mtime), 0o600
    # GNU: a size of any length is written into the same 512 bytes, so that it can be filled in later.
    return info.tobuf(tarfile.GNU_FORMAT)


class Reader:
    """Reads an archive."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def parts(self) -> Generator[tuple[str, IO[bytes]]]:
        """Yield each part's name and its content, to be read before the next is asked for. Raises BadBackup."""
        with readable(), tarfile.open(self.path, "r:") as archive:
            while (member := archive.next()) is not None:
                archive.members = []  # type: ignore[attr-defined]  # it would keep all of them
                content = archive.extractfile(member) if member.isreg() else None
                if content is None or not _is_plain(member.name):
                    raise BadBackup(_("It holds “%(name)s”, which no backup does.") % {"name": member.name[:100]})
                yield member.name, content

    def manifest(self) -> Manifest:
        """Return the manifest. Raises BadBackup."""
        last = (content.read(MANIFEST_LIMIT) for name, content in self.parts() if name == MANIFEST)
        text = next(last, None)
        if text is None:
            raise BadBackup(INCOMPLETE)
        return Manifest.from_json(text)


@contextmanager
def readable() -> Iterator[None]:
    """Raise BadBackup in place of what says that the file is damaged."""
    try:
        yield
    except tarfile.TarError as error:
        raise BadBackup(_("It is damaged, or not a backup (%(why)s).") % {"why": error}) from error
    except OSError as error:
        raise BadBackup(_("It cannot be read (%(why)s).") % {"why": error.strerror or error}) from error


def pieces(content: IO[bytes] | File[bytes]) -> Iterator[bytes]:
    while piece := content.read(PIECE):
        yield piece


def _is_plain(name: str) -> bool:
    path = PurePosixPath(name)
    inside = name in {DATABASE, DIGESTS, MANIFEST} or (name.startswith(MEDIA) and len(path.parts) > 1)
    return inside and ".." not in path.parts and "\0" not in name and "\\" not in name
