"""What a search may be narrowed to: an author, a tag, and days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import Any

from django.utils.translation import gettext as _

from app.accounts.models import User
from app.blog.models import Tag
from app.search.documents import quoted
from app.site.current import site


class BadFilter(Exception):
    """The search cannot be narrowed to this."""

    def __init__(self, name: str, text: str) -> None:
        super().__init__(text)
        self.name = name


@dataclass(frozen=True, kw_only=True)
class Filters:
    """By the author's username, the tag's slug, and the day of publication in the site's time zone; both days count."""

    author: str = ""
    tag: str = ""
    since: date | None = None
    until: date | None = None

    def __bool__(self) -> bool:
        return self != Filters()

    @cached_property
    def lexemes(self) -> list[str]:
        """Return what documents carry of the author and the tag; asked for once. Raises BadFilter for what there is not."""
        found = []
        if self.author:
            found.append(quoted(f"@{self._author()}"))
        if self.tag:
            found.append(quoted(f"#{self._tag()}"))
        return found

    def dates(self) -> tuple[str, dict[str, Any]]:
        """Return the condition on documents, and its values. Raises BadFilter where the days are the wrong way round."""
        if self.since and self.until and self.since > self.until:
            raise BadFilter("until", _("The last day is before the first. Swap them."))
        values = {"since": self.since and _midnight(self.since), "until": self.until and _midnight(self.until, days=1)}
        signs = {"since": ">=", "until": "<"}
        return "".join(f" AND published_at {signs[name]} %({name})s" for name, value in values.items() if value), values

    def _author(self) -> int:
        found = User.objects.shown().filter(username=self.author).values_list("pk", flat=True).first()
        if found is None:
            raise BadFilter(
                "author",
                _("There is no author “%(name)s”. Use a name as in the address of an author's page.") % {"name": self.author},
            )
        return found

    def _tag(self) -> int:
        found = Tag.objects.filter(slug=self.tag).values_list("pk", flat=True).first()
        if found is None:
            raise BadFilter(
                "tag", _("There is no tag “%(name)s”. Use a name as in the address of a tag's page.") % {"name": self.tag}
            )
        return found


def _midnight(day: date, *, days: int = 0) -> datetime:
    """Return when the day begins, or ends; the first and the last there is where a calendar has no more."""
    try:
        return datetime.combine(day + timedelta(days=days), time(), site().zone)
    except OverflowError:
        return datetime.combine(day, time.max, site().zone)
