"""Import posts from another system."""

from __future__ import annotations

import sys
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from app.accounts.models import User
from app.blog.url_parts import url_parts
from app.importer.importer import Options, import_posts, preview_posts
from app.importer.models import ImportState
from app.importer.progress_bar import ProgressBar
from app.importer.report import Report
from app.importer.save import CHUNK
from app.importer.source import CannotRead
from app.importer.work import Keeper, conclude, recorded


class Command(BaseCommand):
    help = (
        "Import posts: a static site's folder (Jekyll, Hugo, Zola, Eleventy, Hexo, Docusaurus, or Markdown with front matter), "
        "a WordPress export (.xml) or a Ghost export (.json). Run it again at any time: what is unchanged stays, what changed "
        "at the source is updated, what was edited here is left alone. Exit code 1 when something could not be imported; the "
        "rest is there."
    )

    recorded_as: int | None = None

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", type=Path, help="the site's folder, with its images in it, or the export file")
        parser.add_argument(
            "--publish", action="store_true", help="publish what was public there, with its date; otherwise drafts"
        )
        parser.add_argument(
            "--author", metavar="USERNAME", help="who gets posts that name no author (default: the site itself)"
        )
        parser.add_argument(
            "--site", metavar="URL", default="", help="the old address; links to pages that stay there lead there"
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="say what would come in and what would be lost; store nothing"
        )
        parser.add_argument("--overwrite", action="store_true", help="take the source also where a post was edited here")
        parser.add_argument("--chunk", type=int, default=CHUNK, help="posts per transaction (default %(default)s)")

    def handle(self, *args: Any, path: Path, verbosity: int, dry_run: bool, **options: Any) -> None:
        # Before anything else: a mistyped path needs no database to be named.
        if not path.exists():
            raise CommandError(_("%(path)s: there is no such file or folder") % {"path": path})
        began = time.monotonic()
        report = self._preview(path, _options(options)) if dry_run else self._import(path, _options(options))
        for line in report.lines(all_names=verbosity > 1):
            self.stdout.write(_printable(line))
        self.stdout.write(_("%(seconds)s seconds") % {"seconds": f"{time.monotonic() - began:.1f}"})
        if self.recorded_as:
            self.stdout.write(_("Import %(id)s; `manage.py undo_import %(id)s` takes it back.") % {"id": self.recorded_as})
        if report.failed:
            count = len(report.failed)
            message = ngettext(
                "%(count)s could not be imported: see above", "%(count)s could not be imported: see above", count
            )
            raise CommandError(message % {"count": f"{count:,}"})

    def _preview(self, path: Path, options: Options) -> Report:
        try:
            return preview_posts(path, options, now=timezone.now(), progress=_bar)
        except CannotRead as error:
            raise CommandError(f"{path}: {error}") from error

    def _import(self, path: Path, options: Options) -> Report:
        run = recorded(path, options)
        try:
            report = import_posts(path, options, now=timezone.now(), progress=_bar, keep=Keeper(run))
        except CannotRead as error:
            run.delete()
            raise CommandError(f"{path}: {error}") from error
        except KeyboardInterrupt:
            message = _("stopped; what was committed stays, run it again to go on")
            run.finish(ImportState.FAILED, error=message)
            raise CommandError(message, returncode=130) from None
        conclude(run, report)
        self.recorded_as = run.pk
        return report


def _bar(total: int) -> ProgressBar:
    return ProgressBar(sys.stderr, total)


def _options(options: dict[str, Any]) -> Options:
    if options["chunk"] < 1:
        raise CommandError(_("--chunk must be 1 or more"))
    site = url_parts(options["site"])
    if options["site"] and (site.scheme not in {"http", "https"} or not site.hostname):
        raise CommandError(_("--site must be the address of a site, such as https://old.example"))
    names = ("publish", "site", "overwrite", "chunk")
    return Options(author=_author(options["author"]), **{name: options[name] for name in names})


def _author(username: str | None) -> User | None:
    user = User.objects.filter(username=username).first() if username else None
    if username and (user is None or not user.can_write()):
        raise CommandError(_("--author: no user “%(name)s” with the right to write") % {"name": username})
    return user


def _printable(line: str) -> str:
    """Keep names from a source from writing control sequences to a terminal."""
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in line)
