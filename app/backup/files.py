"""Files that appear whole or not at all, and the media files of the storage."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import BinaryIO, cast

from django.core.files.storage import default_storage
from django.utils.translation import gettext as _

from app.backup.errors import BackupFailed


@contextmanager
def whole(path: Path, *, replace: bool) -> Iterator[BinaryIO]:
    """Lend a file beside `path` that takes its place once the block has ended well and the disk has it. Raises BackupFailed.

    Only its owner may read it: it holds addresses of readers.
    """
    if path.exists() and not replace:
        raise BackupFailed(_("%(path)s is there already. Name another file, or say --replace.") % {"path": path})
    try:
        with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", suffix=".part", delete=False) as file:
            try:
                yield cast("BinaryIO", file)
                file.flush()
                os.fsync(file.fileno())
                Path(file.name).replace(path)
            except BaseException:
                with suppress(FileNotFoundError):
                    Path(file.name).unlink()
                raise
    except OSError as error:
        raise BackupFailed(f"{error.filename or path}: {error.strerror or error}") from error
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """Make the new name survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def media_names(folder: str = "") -> Iterator[str]:
    """Yield the name of every media file, in an order that does not change."""
    try:
        folders, names = default_storage.listdir(folder)
    except FileNotFoundError:
        return
    prefix = f"{folder}/" if folder else ""
    yield from (f"{prefix}{name}" for name in sorted(names))
    for each in sorted(folders):
        yield from media_names(f"{prefix}{each}")
