"""List the library of pictures, and delete by hand."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from app.accounts.models import User
from app.blog.errors import Refused
from app.blog.media_deletion import delete_picture
from app.blog.media_uses import mentioned, uses
from app.blog.models import Media
from app.blog.variants import owe_missing_variants, owe_variants_again

PART = 500


class Command(BaseCommand):
    help = (
        "List pictures, newest first: id, bytes, name, and where each is used. With --delete, delete some in the name of a "
        "user who may; their files are removed by a worker. With --draw, owe the smaller copies of those that have none; with "
        "--draw all, of all again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--unused", action="store_true", help="list only those that are not used anywhere")
        parser.add_argument("--delete", nargs="+", type=int, metavar="ID", help="delete these")
        parser.add_argument("--draw", choices=["missing", "all"], nargs="?", const="missing", help="owe smaller copies")
        parser.add_argument("--by", metavar="USERNAME", help="who deletes them")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["delete"]:
            self._delete(options["delete"], options["by"])
        elif options["draw"]:
            self._draw(options["draw"])
        else:
            self._list(unused=options["unused"])

    def _list(self, *, unused: bool) -> None:
        kept = Media.objects.kept()
        found = (kept.unused(mentioned()) if unused else kept).order_by("-created_at", "-pk")
        ids = list(found.values_list("pk", flat=True))
        for start in range(0, len(ids), PART):
            listed = list(found.filter(pk__in=ids[start : start + PART]))
            places = uses(listed)
            for each in listed:
                used = ", ".join(place.key for place in places[each.pk]) or "not used anywhere"
                self.stdout.write(f"{each.pk}\t{each.size}\t{each}\t{used}")

    def _draw(self, which: str) -> None:
        owed = owe_variants_again() if which == "all" else owe_missing_variants(most=None)
        self.stdout.write(f"Owed for {owed} pictures; workers draw one at a time.")

    def _delete(self, ids: list[int], username: str | None) -> None:
        user = User.objects.filter(username=username or "", is_active=True).first()
        if user is None:
            raise CommandError("name with --by the user who deletes them")
        for pk in ids:
            media = Media.objects.filter(pk=pk).first()
            if media is None or not user.can_delete_picture(media):
                raise CommandError(f"{username} has no picture {pk}")
            try:
                delete_picture(media, by=user)
            except Refused as error:
                raise CommandError(f"picture {pk}: {error}") from error
            self.stdout.write(f"{pk} is deleted")
