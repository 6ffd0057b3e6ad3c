"""Keep what a writer typed and did not save: for a post, or for one that is not saved yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy

from app.accounts.models import User
from app.blog.errors import Refused
from app.blog.models import Post, WorkingCopy
from owed import clock

LONGEST = 2 * 2**20  # characters of all fields: more than a post may have, so that what is too long is not lost
RECENT = timedelta(hours=1)


class EditedElsewhere(Refused):
    message = gettext_lazy("You edit this post in another window, too. What is typed here is not stored.")


class CopyTooLong(Refused):
    message = gettext_lazy("The text is too long to be stored.")


@dataclass(frozen=True)
class Desk:
    """Where something is written: who writes, at which post, or under which key where it was never saved.

    `page` names the page that is open, `found` the one that last stored what this page shows.
    """

    writer: User
    post: Post | None = None
    key: UUID | None = None
    page: str = ""
    found: str = ""

    @property
    def copies(self) -> QuerySet[WorkingCopy]:
        return WorkingCopy.objects.filter(writer=self.writer, post=self.post, key=None if self.post else self.key)

    @property
    def own(self) -> QuerySet[WorkingCopy]:
        """Return the copy, unless another window stored it."""
        return self.copies.filter(stamp__in=[self.page, self.found])

    def keep(self, fields: Mapping[str, str], saved: Mapping[str, str], revision: int | None) -> bool:
        """Store what was typed and return true, unless it is what is saved.

        Raises EditedElsewhere, CopyTooLong.
        """
        typed = {name: value.replace("\r\n", "\n").replace("\x00", "") for name, value in fields.items()}
        if sum(map(len, typed.values())) > LONGEST:
            raise CopyTooLong
        if all(value == saved.get(name, "") for name, value in typed.items()):
            self.own.delete()
            return False
        values = {"fields": typed, "revision": revision, "stamp": self.page, "saved_at": clock.now()}
        if not self.own.update(**values):
            key = None if self.post else self.key
            _, is_new = WorkingCopy.objects.get_or_create(writer=self.writer, post=self.post, key=key, defaults=values)
            if not is_new:
                raise EditedElsewhere
        return True


def others_at(post: Post, writer: User) -> QuerySet[WorkingCopy]:
    """Return what others typed at this post within the hour and did not save."""
    recent = WorkingCopy.objects.filter(post=post, saved_at__gt=clock.now() - RECENT).exclude(writer=writer)
    return recent.select_related("writer__profile").order_by("-saved_at", "-pk")


def new_posts_of(writer: User) -> QuerySet[WorkingCopy]:
    """Return the posts that this person began and never saved, newest first."""
    return WorkingCopy.objects.filter(writer=writer, post=None).order_by("-saved_at", "-pk")
