"""Load the demo."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from app.importer.progress import Progress
from app.importer.seeding import PASSWORD, PEOPLE, seed


class Command(BaseCommand):
    help = "Load a small real blog with people, readers and a draft to publish. Safe to run again. Its password is public."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--force", action="store_true", help="also where DEBUG is off; end or rename the demo accounts afterwards"
        )

    def handle(self, *args: Any, force: bool, **options: Any) -> None:
        if not settings.DEBUG and not force:
            raise CommandError(
                "DEBUG is off, and the demo has accounts whose password is public: --force loads it all the same"
            )
        report = seed(now=timezone.now(), progress=lambda total: Progress(sys.stderr, total))
        if report.broken:
            raise CommandError(f"{len(report.broken)} demo posts could not be loaded: {', '.join(report.broken)}")
        self.stdout.write(f"The demo is there: {report.landed} posts, and a draft to publish.")
        self.stdout.write(f"Sign in at {settings.SITE_URL}/login/ as ada with the password {PASSWORD}")
        self.stdout.write(f"({', '.join(list(PEOPLE)[1:])}: an author, a contributor and a reader, with the same password)")
