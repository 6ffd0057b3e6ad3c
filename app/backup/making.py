"""Make a backup: dump the database, then copy the media, so that no picture of a row is missing."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, cast

import django
from django.conf import settings
from django.core.files.storage import default_storage
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Max
from django.utils.translation import gettext as _

from app.accounts.models import User
from app.backup import keys, programs
from app.backup.archive import DATABASE, DIGESTS, MANIFEST, MEDIA, Writer, pieces
from app.backup.errors import BackupFailed
from app.backup.files import media_names, whole
from app.backup.manifest import Manifest, Part
from app.blog.models import Media, Post
from app.newsletter.models import Subscriber
from owed import clock
from owed.models import Effect

MISSING_LISTED = 1_000


@dataclass
class _Copied:
    files: int = 0
    bytes: int = 0
    missing: list[str] = field(default_factory=list)


def make_backup(path: Path, *, replace: bool = False) -> Manifest:
    """Write a backup into a new file. Return what it says of itself. Raises BackupFailed, and leaves no file then."""
    dump = programs.program("pg_dump")
    with whole(path, replace=replace) as file, TemporaryFile() as digests:
        made_at, writer = clock.now(), Writer(file)
        database = writer.add(DATABASE, _dumped(dump), mtime=made_at.timestamp())
        copied = _copy_media(writer, digests)
        digests.seek(0)
        listed = writer.add(DIGESTS, pieces(digests), mtime=made_at.timestamp())
        manifest = Manifest(
            made_at=made_at,
            site=settings.SITE_URL,
            versions={
                "django": django.get_version(),
                "postgresql": str(programs.server_major()),
                "dump": programs.version_of(dump),
            },
            migrations=_migrations(),
            keys=keys.fingerprints(),
            counts=_counts(),
            database=database,
            digests=listed,
            media={"files": copied.files, "bytes": copied.bytes},
            media_missing=copied.missing,
        )
        writer.add(MANIFEST, [manifest.to_json()], mtime=made_at.timestamp())
        writer.close()
    return manifest


def _dumped(program: str) -> Iterator[bytes]:
    """Yield the database as `pg_dump` writes it. Raises BackupFailed where it ends with an error."""
    command = [program, "--format=custom", "--no-owner", "--no-privileges", "--no-password"]
    with TemporaryFile() as complaints:
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=complaints, env=programs.environ()) as process:
            try:
                yield from pieces(cast("IO[bytes]", process.stdout))
            except BaseException:
                process.kill()
                raise
        if process.returncode:
            raise BackupFailed(ended("pg_dump", process.returncode, complaints))


def ended(program: str, code: int, complaints: IO[bytes]) -> str:
    """Return how a program ended, with the end of what it complained about."""
    complaints.seek(max(0, complaints.seek(0, 2) - 1_000))
    why = " ".join(complaints.read().decode(errors="replace").split())
    return _("%(program)s ended with %(code)s: %(why)s") % {"program": program, "code": code, "why": why}


def _copy_media(writer: Writer, digests: IO[bytes]) -> _Copied:
    copied = _Copied()
    for name in media_names():
        start = writer.file.tell()
        try:
            part = _copy(writer, name)
        except FileNotFoundError:
            # A person deleted the picture meanwhile.
            writer.undo(start)
            copied.missing = [*copied.missing, name][:MISSING_LISTED]
            continue
        copied.files, copied.bytes = copied.files + 1, copied.bytes + part.size
        digests.write(f"{part.sha256}  {MEDIA}{name}\n".encode())
    return copied


def _copy(writer: Writer, name: str) -> Part:
    mtime = 0.0
    with suppress(NotImplementedError):
        mtime = default_storage.get_modified_time(name).timestamp()
    with default_storage.open(name) as file:
        return writer.add(f"{MEDIA}{name}", file.chunks(), mtime=mtime)


def _migrations() -> dict[str, str]:
    applied = MigrationRecorder(connection).migration_qs
    return dict(applied.values_list("app").annotate(last=Max("name")).order_by("app"))


def _counts() -> dict[str, int]:
    return {
        "posts": Post.objects.count(),
        "people": User.objects.count(),
        "subscribers": Subscriber.objects.count(),
        "pictures": Media.objects.kept().count(),
        "owed": Effect.objects.pending().count(),
    }
