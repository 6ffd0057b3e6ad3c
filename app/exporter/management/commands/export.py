"""Export everything in one ZIP."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from app.backup.errors import BackupFailed
from app.backup.files import whole
from app.exporter.archive import write_archive


class Command(BaseCommand):
    help = (
        "Write posts (Markdown with front matter), comments, pictures, subscribers and settings into one ZIP, which the import "
        "reads back, and other systems too. It holds addresses of readers: only its owner may read the file."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--replace", action="store_true", help="take the place of a file that is there")

    def handle(self, *args: Any, file: Path, replace: bool, **options: Any) -> None:
        try:
            with whole(file, replace=replace) as target:
                counts = write_archive(target)
        except BackupFailed as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{file}: " + ", ".join(f"{number:,} {name}" for name, number in counts.items()))
        if counts["missing"]:
            self.stderr.write(_("%(number)s pictures have no file, and are not in it") % {"number": counts["missing"]})
