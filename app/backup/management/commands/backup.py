"""Save all of the site in one file."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from app.backup.errors import BackupFailed
from app.backup.making import make_backup


class Command(BaseCommand):
    help = (
        "Save the database and the media in one file, with digests and the fingerprints of the keys that it needs, while the "
        "site runs. The keys themselves are not in it: keep SECRET_KEY elsewhere. The file holds addresses of readers: only "
        "its owner may read it."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--replace", action="store_true", help="take the place of a file that is there")

    def handle(self, *args: Any, file: Path, replace: bool, **options: Any) -> None:
        try:
            manifest = make_backup(file, replace=replace)
        except BackupFailed as error:
            raise CommandError(str(error)) from error
        counts = ", ".join(f"{number:,} {name}" for name, number in manifest.counts.items())
        self.stdout.write(f"{file}: {filesizeformat(file.stat().st_size)}, {counts}")
        self.stdout.write(
            _("%(files)s media files, %(size)s")
            % {"files": f"{manifest.media['files']:,}", "size": filesizeformat(manifest.media["bytes"])}
        )
        self.stdout.write(_("Not in it, and needed: %(names)s") % {"names": ", ".join(manifest.keys)})
        for name in manifest.media_missing:
            self.stderr.write(_("%(name)s was deleted meanwhile") % {"name": name})
