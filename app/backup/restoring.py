"""Restore a backup: check it, load the database held and quiet, put the media back, and say what the copy is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import IO

from django.core.cache import cache
from django.core.files.base import File
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import connection, transaction
from django.utils.translation import gettext as _

from app.backup.archive import DATABASE, MEDIA, Reader, pieces
from app.backup.checking import checked
from app.backup.errors import RestoreFailed, RestoreRefused
from app.backup.loading import load
from app.backup.manifest import Manifest
from app.backup.models import Restore
from app.blog.errors import NotStored
from app.blog.storing import store
from owed import clock, sql
from owed.models import Effect, State

TABLES = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
OTHERS = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()
"""


def restore(path: Path, *, replace: bool = False) -> tuple[Manifest, Restore]:
    """Restore the backup into the database and the storage that are configured.

    Raises BadBackup, RestoreRefused, RestoreFailed. Until the database is loaded nothing changes. After that, run it again with
    `replace` where it broke off.
    """
    manifest = checked(path)
    refuse_unless_fit(replace=replace)
    with _part(path, DATABASE) as dump:
        connection.close()
        load(dump, replace=replace)
    call_command("migrate", interactive=False, verbosity=0)
    restored = _note(manifest)
    restore_media(path)
    cache.clear()
    return manifest, restored


def refuse_unless_fit(*, replace: bool) -> None:
    """Raise RestoreRefused where the database holds something, or others use it."""
    if sql.value(TABLES) and not replace:
        raise RestoreRefused(
            _("The database is not empty. Restore into an empty one, or say --replace: all that it holds goes.")
        )
    if others := sql.value(OTHERS):
        raise RestoreRefused(
            _("%(number)s other connections use the database. Stop web, workers, beat and every other program that does.")
            % {"number": others}
        )


@transaction.atomic
def _note(manifest: Manifest) -> Restore:
    held = Effect.objects.filter(state=State.HELD).count()
    return Restore.objects.create(made_at=manifest.made_at, restored_at=clock.now(), held=held)


def restore_media(path: Path) -> None:
    """Put the media files back, each whole. Safe to do twice. Raises RestoreFailed."""
    try:
        for name, content in Reader(path).parts():
            if name.startswith(MEDIA):
                _put(name.removeprefix(MEDIA), content)
    except NotStored as error:
        raise RestoreFailed(
            _("The database is restored, and the media are not (%(why)s). Make room, and run it again with --replace.")
            % {"why": error.__cause__}
        ) from error


def _put(name: str, content: IO[bytes]) -> None:
    if default_storage.exists(name):
        if _is_same(name, content):
            return
        default_storage.delete(name)
        content.seek(0)
    store(default_storage, name, File(content, name=name))


def _is_same(name: str, content: IO[bytes]) -> bool:
    with default_storage.open(name) as here:
        return all(piece == content.read(len(piece)) for piece in pieces(here)) and not content.read(1)


@contextmanager
def _part(path: Path, wanted: str) -> Iterator[IO[bytes]]:
    """Lend one part of the archive."""
    with closing(Reader(path).parts()) as parts:
        yield next(content for name, content in parts if name == wanted)
