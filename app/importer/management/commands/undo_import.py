"""Take back an import."""

from __future__ import annotations

import math
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from app.importer import undo
from app.importer.errors import NothingToUndo
from app.importer.models import Import

LISTED = 50


class Command(BaseCommand):
    help = (
        "Take back an import: delete the posts that it brought, with their comments, old addresses, and pictures, tags and "
        "authors that nothing else uses. A post that was changed, published, mailed, shared or commented on here since stays, "
        "and is named. Without ID, list the imports."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("id", nargs="?", type=int, metavar="ID", help="the import, as `undo_import` alone lists it")
        parser.add_argument("--dry-run", action="store_true", help="say what would go and what would stay; delete nothing")

    def handle(self, *args: Any, id: int | None, dry_run: bool, **options: Any) -> None:
        if id is None:
            self._list()
            return
        run = Import.objects.filter(pk=id).first()
        if run is None:
            raise CommandError(_("There is no import %(id)s. `manage.py undo_import` lists them.") % {"id": id})
        if dry_run:
            stay = [(row.title, why) for row, why in undo.kept(run)]
            message = _("%(gone)s posts would be deleted, %(stay)s kept.")
            self._say(message, run.posts.written().filter(post__isnull=False).count() - len(stay), stay)
        else:
            self._undo(run)

    def _list(self) -> None:
        for run in Import.objects.order_by("-pk")[:LISTED]:
            when = timezone.localtime(run.created_at).strftime("%Y-%m-%d %H:%M")
            self.stdout.write(f"{run.pk}  {when}  {run.get_state_display()}  {run.posts.written().count():,}  {run.name}")

    def _undo(self, run: Import) -> None:
        try:
            run.undo()
        except NothingToUndo as error:
            raise CommandError(str(error)) from error
        undo.go_on(run.pk, now=timezone.now(), seconds=math.inf)
        stay = [(row.title, row.kept) for row in run.posts.exclude(kept="").order_by("number")]
        self._say(_("%(gone)s posts deleted, %(stay)s kept."), run.posts.filter(is_removed=True).count(), stay)

    def _say(self, message: str, gone: int, stay: list[tuple[str, str]]) -> None:
        self.stdout.write(message % {"gone": f"{gone:,}", "stay": f"{len(stay):,}"})
        for title, why in stay:
            self.stdout.write(f"  {title}: {why}")
