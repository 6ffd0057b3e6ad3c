"""Create the demo blog."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from app.importer.demo_blog import PASSWORD, PEOPLE, seed
from app.importer.progress_bar import ProgressBar


class Command(BaseCommand):
    help = (
        "Create a small real blog with people, subscribers and a draft to publish. Safe to run again. Its password is public."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--force", action="store_true", help="also where DEBUG is off; delete or rename the demo accounts afterwards"
        )

    def handle(self, *args: Any, force: bool, **options: Any) -> None:
        if not settings.DEBUG and not force:
            raise CommandError(
                _("DEBUG is off, and the demo has accounts whose password is public. Use --force to create it all the same.")
            )
        report = seed(now=timezone.now(), progress=lambda total: ProgressBar(sys.stderr, total))
        if report.failed:
            message = _("%(count)s demo posts could not be imported: %(files)s")
            raise CommandError(message % {"count": len(report.failed), "files": ", ".join(report.failed)})
        people = {"url": f"{settings.SITE_URL}/login/", "password": PASSWORD, "others": ", ".join(list(PEOPLE)[1:])}
        self.stdout.write(_("The demo blog has %(count)s posts, and a draft to publish.") % {"count": report.landed})
        self.stdout.write(_("Sign in at %(url)s as ada with the password %(password)s") % people)
        self.stdout.write(_("(%(others)s: an author, a contributor and a reader, with the same password)") % people)
