"""An upload becomes a folder or a file that readers know. Whatever is in a ZIP, it writes nothing outside its own folder."""

from __future__ import annotations

import re
import shutil
import stat
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory, gettempdir
from typing import IO, cast
from zipfile import BadZipFile, ZipFile, ZipInfo

from django.conf import settings
from django.core.files.base import File
from django.utils.translation import gettext as _

from app.importer.models.run import Import, uploads
from app.importer.readers import afterword, static_site
from app.importer.source import CannotRead, Notice

READABLE = {".zip", ".xml", ".json"} | static_site.MARKDOWN | static_site.HTML
MOST_FILES = 100_000
# Pictures hardly shrink in a ZIP, texts to a fifth: what unpacks to more than four times its size is not a site.
EXPANSION = 4
PIECE = 2**20
COPIES = "afterword-import-"
OLD = timedelta(days=1)
USELESS = {"__MACOSX", ".git", "node_modules", "_site"}
WXR = re.compile(rb"wordpress\.org/export/|<wp:wxr_version")
GHOST = re.compile(rb'"(?:db|posts_tags|posts_authors)"\s*:')
HEAD = 64 * 2**10


@dataclass(frozen=True, kw_only=True)
class Unpacked:
    """What to read, and what was left out on the way."""

    path: Path
    notices: tuple[Notice, ...] = ()


@contextmanager
def unpacked(run: Import) -> Iterator[Unpacked]:
    """Lend a copy of an upload on this machine's disk, a ZIP unpacked. Raises CannotRead."""
    with TemporaryDirectory(prefix=COPIES) as name:
        folder = Path(name)
        with _upload(run) as upload:
            if PurePosixPath(run.name).suffix.lower() != ".zip":
                yield Unpacked(path=_copied(cast("IO[bytes]", upload), folder / _safe_name(run.name)))
                return
            notices = extract(cast("IO[bytes]", upload), folder / "site", name=run.name)
        yield Unpacked(path=source_in(folder / "site"), notices=notices)


def _upload(run: Import) -> File[bytes]:
    try:
        return uploads().open(run.file)
    except FileNotFoundError as error:
        raise CannotRead(_("The uploaded file is not here any more. Upload it again.")) from error


def clear_copies(now: datetime) -> None:
    """Remove what killed workers have left on this machine's disk."""
    for folder in Path(gettempdir()).glob(f"{COPIES}*"):
        if datetime.fromtimestamp(folder.stat().st_mtime, UTC) < now - OLD:
            shutil.rmtree(folder, ignore_errors=True)


def check_name(name: str) -> None:
    """Raise CannotRead for a file that no reader knows."""
    if PurePosixPath(name).suffix.lower() not in READABLE:
        raise CannotRead(
            _(
                "Upload a ZIP of the site's folder, a WordPress export (.xml), a Ghost export (.json), or a file of "
                "Markdown or HTML."
            )
        )


def extract(file: IO[bytes], folder: Path, *, name: str) -> tuple[Notice, ...]:
    """Write the files of a ZIP into a new folder. Raises CannotRead; links are left out and named."""
    folder.mkdir()
    try:
        with ZipFile(file) as archive:
            return _extract_all(archive, folder, name)
    except (BadZipFile, zlib.error, EOFError) as error:
        raise CannotRead(_("The ZIP is damaged. Make it again, or upload it again.")) from error
    except NotImplementedError as error:
        raise CannotRead(_("The ZIP is packed in a way that cannot be read. Make it again with the usual settings.")) from error
    except (OSError, ValueError) as error:
        if isinstance(error, CannotRead):
            raise
        raise CannotRead(_("A file of the ZIP cannot be unpacked (%(why)s).") % {"why": _why(error)}) from error


def _extract_all(archive: ZipFile, folder: Path, name: str) -> tuple[Notice, ...]:
    entries = archive.infolist()
    if len(entries) > MOST_FILES:
        raise CannotRead(_("The ZIP holds more than %(limit)s files.") % {"limit": f"{MOST_FILES:,}"})
    left = settings.IMPORT_MAX_BYTES * EXPANSION
    notices = []
    for entry in entries:
        path = _path_of(entry)
        if entry.is_dir() or USELESS & set(path.parts):
            continue
        if stat.S_ISLNK(entry.external_attr >> 16):
            notices.append(Notice(file=f"{name}/{entry.filename[:200]}", text=_("a link to another file, left out")))
            continue
        left -= _write(archive, entry, folder / path, left)
    return tuple(notices)


def _path_of(entry: ZipInfo) -> PurePosixPath:
    """Return where a file of the ZIP belongs. Raises CannotRead where that is outside, or the file is locked."""
    path = PurePosixPath(entry.filename)
    if path.is_absolute() or ".." in path.parts or "\\" in entry.filename or ":" in (path.parts or ("",))[0]:
        raise CannotRead(_("The ZIP is refused: a file in it would be written outside its folder."))
    if entry.flag_bits & 1:
        raise CannotRead(_("The ZIP has a password. Make one without."))
    return path


def _write(archive: ZipFile, entry: ZipInfo, path: Path, left: int) -> int:
    """Write one file, counting what really comes out: a header may lie. Return its size. Raises CannotRead past `left`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    written = 0
    with archive.open(entry) as source, path.open("wb") as target:
        while piece := source.read(PIECE):
            written += len(piece)
            if written > left:
                limit = settings.IMPORT_MAX_BYTES * EXPANSION // 2**20
                raise CannotRead(_("The ZIP is larger than %(limit)s MB when unpacked.") % {"limit": f"{limit:,}"})
            target.write(piece)
    return written


def source_in(folder: Path) -> Path:
    """Return what to read in an unpacked ZIP: an export, or the site's folder, which is often the only one in it.

    Raises CannotRead.
    """
    if afterword.is_export(folder):
        return folder
    entries = sorted(each for each in folder.iterdir() if not each.name.startswith("."))
    if not entries:
        raise CannotRead(_("The ZIP holds no files."))
    exports = [each for each in entries if each.is_file() and _is_export(each)]
    if len(exports) > 1:
        raise CannotRead(_("The ZIP holds %(number)d exports. Upload them one by one.") % {"number": len(exports)})
    if exports:
        return exports[0]
    if len(entries) == 1 and entries[0].is_dir():
        return source_in(entries[0])
    if len(entries) == 1 and entries[0].suffix.lower() in READABLE:
        return entries[0]
    return folder


def _is_export(path: Path) -> bool:
    pattern = {".xml": WXR, ".json": GHOST}.get(path.suffix.lower())
    if pattern is None:
        return False
    with path.open("rb") as file:
        return bool(pattern.search(file.read(HEAD)))


def _copied(upload: IO[bytes], path: Path) -> Path:
    with path.open("wb") as file:
        shutil.copyfileobj(upload, file)
    return path


def _safe_name(name: str) -> str:
    """Return a name that is one part of a path and still says what it is."""
    return re.sub(r"[^\w.-]+", "-", name).lstrip(".-") or "upload"


def _why(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else str(error)) or type(error).__name__
