"""Which effects are meant: one set of filters for pages, the API and the command."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime, timedelta

from django.db.models import Q
from django.db.models.functions import Now
from django.utils.dateparse import parse_datetime

from . import clock, registry
from .models import OVER, Effect, EffectQuerySet, State

LONGEST = 200
NUMBER = re.compile(r"[0-9]{1,18}")
AGE = re.compile(r"(\d{1,6})\s*(s|min|h|d)")
UNITS = {"s": 1, "min": 60, "h": 3600, "d": 86_400}
HELP = {
    "id": "one effect, by its number",
    "queue": "the queue, such as email",
    "task": "the name of the effect, or how it begins",
    "about": "the subject, such as post:12",
    "state": "the state, such as dead",
    "set": "the set that counts it, by the number of the effect that follows",
    "error": "words of the last error",
    "age": "owed at least so long ago, such as 90s, 15min, 2h or 3d",
    "before": "owed before this moment (ISO 8601)",
    "as_of": "only what has been as it is since this moment (ISO 8601)",
}


class BadFilter(ValueError):
    """A filter's value means nothing. The message names the filter and what it takes."""


@dataclass(frozen=True, kw_only=True)
class Filter:
    """Which effects are meant; an empty field means any. See HELP."""

    id: str = ""
    queue: str = ""
    task: str = ""
    about: str = ""
    state: str = ""
    set: str = ""
    error: str = ""
    age: str = ""
    before: str = ""
    as_of: str = ""

    def __post_init__(self) -> None:
        for name in ("id", "set"):
            if (number := getattr(self, name)) and not NUMBER.fullmatch(number):
                raise BadFilter(f"{name}: a number")
        if self.state and self.state not in State.values:
            raise BadFilter(f"state: one of {', '.join(State.values)}")
        if self.age and not AGE.fullmatch(self.age):
            raise BadFilter("age: a number and s, min, h or d, such as 15min")
        for name in ("before", "as_of"):
            if getattr(self, name) and _moment(getattr(self, name)) is None:
                raise BadFilter(f"{name}: a moment with a zone, such as 2026-11-27T03:00:00Z")

    @classmethod
    def asked(cls, given: Mapping[str, object]) -> Filter:
        """Return the filter that a query string, a form or options ask for; what they hold besides is ignored.

        Raises BadFilter.
        """
        return cls(**{each.name: _plain(given.get(each.name)) for each in fields(cls)})

    @property
    def is_empty(self) -> bool:
        return not any(asdict(replace(self, as_of="")).values())

    def asks(self) -> dict[str, str]:
        """Return the fields that are set, as a query string names them."""
        return {name: value for name, value in asdict(self).items() if value}

    def now(self) -> Filter:
        """Return the same, for what is as it is at this moment, by the database's clock."""
        return replace(self, as_of=clock.now().isoformat())

    def effects(self) -> EffectQuerySet:
        """Return the effects that are meant, in no order."""
        found: EffectQuerySet = Effect.objects.all()
        plain: dict[str, str] = {name: getattr(self, name) for name in ("id", "queue", "about", "state") if getattr(self, name)}
        if self.set:
            plain["member_of"] = self.set
        if self.error:
            plain["error__icontains"] = self.error
        if before := _moment(self.before):
            found = found.filter(created_at__lt=before)
        return found.filter(self._named(), self._old_enough(), self._unchanged(), self._of_state(), **plain)

    def _of_state(self) -> Q:
        # What is pending has indexes of its own: without this a state that few rows have is looked for in all of them.
        return Q(finished_at__isnull=self.state not in OVER) if self.state else Q()

    def _named(self) -> Q:
        if not self.task:
            return Q()
        known = registry.find(self.task)
        return Q(task__in=known.names) if known else Q(task__startswith=self.task)

    def _old_enough(self) -> Q:
        if not (matched := AGE.fullmatch(self.age)):
            return Q()
        return Q(created_at__lte=Now() - timedelta(seconds=int(matched[1]) * UNITS[matched[2]]))

    def _unchanged(self) -> Q:
        """Leave out what came to its end, or was owed, since: a page did not show it so."""
        moment = _moment(self.as_of)
        return Q(finished_at__lte=moment) | Q(finished_at=None, created_at__lte=moment) if moment else Q()


def _moment(text: str) -> datetime | None:
    try:
        moment = parse_datetime(text) if text else None
    except ValueError:
        return None
    return moment if moment and moment.tzinfo else None


def _plain(value: object) -> str:
    return str(value or "").replace("\x00", "").strip()[:LONGEST]
