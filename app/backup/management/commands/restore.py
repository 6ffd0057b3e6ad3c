"""Restore the site from a backup, held and quiet."""

from __future__ import annotations

from argparse import ArgumentParser
from itertools import chain
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from app.backup import findings
from app.backup.checking import checked
from app.backup.errors import BackupFailed, BadBackup, RestoreFailed, RestoreRefused
from app.backup.manifest import Manifest
from app.backup.restoring import restore


class Command(BaseCommand):
    help = (
        "Restore database and media from a file of `manage.py backup`. Stop every other program of the site first. The copy "
        "starts quiet: its pages work, and all that was owed is held until `manage.py effects release`."
    )
    requires_system_checks: tuple[str, ...] = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--replace", action="store_true", help="remove all that the database holds now")
        parser.add_argument("--check", action="store_true", help="read the file, say what it is, and change nothing")

    def handle(self, *args: Any, file: Path, replace: bool, check: bool, **options: Any) -> None:
        if not file.is_file():
            raise CommandError(_("%(path)s: there is no such file") % {"path": file})
        try:
            if check:
                self._describe(checked(file))
                return
            manifest, restored = restore(file, replace=replace)
        except BadBackup as error:
            raise CommandError(f"{file}: {error}") from error
        except (BackupFailed, RestoreFailed, RestoreRefused) as error:
            raise CommandError(str(error)) from error
        self._describe(manifest)
        self.stdout.write(_("Restored. %(number)s effects are held; nothing is sent.") % {"number": f"{restored.held:,}"})
        self._warn(findings.of_keys(), findings.of_media(), findings.of_plans())
        self.stdout.write(_("Next: start the site, then `manage.py effects release --dry-run`."))

    def _describe(self, manifest: Manifest) -> None:
        counts = ", ".join(f"{number:,} {name}" for name, number in manifest.counts.items())
        self.stdout.write(
            _("Backup of %(site)s, made %(moment)s UTC: %(counts)s, %(files)s media files")
            % {
                "site": manifest.site,
                "moment": f"{manifest.made_at:%Y-%m-%d %H:%M}",
                "counts": counts,
                "files": f"{manifest.media['files']:,}",
            }
        )
        self._warn(findings.of_manifest(manifest))

    def _warn(self, *found: Any) -> None:
        for sentence in chain(*found):
            self.stderr.write(self.style.WARNING(sentence))
