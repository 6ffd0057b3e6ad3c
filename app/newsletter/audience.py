"""Which subscribers a mailing goes to: everyone, those with a tag, a saved segment, or those who never got the post."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from app.blog.placement import placement_of
from app.newsletter.errors import NoLongerKnown, UnknownAudience
from app.newsletter.models import Delivery, Segment, Send, Subscriber
from app.newsletter.models.frequency import Frequency
from app.newsletter.models.states import GOT, IN_DIGEST
from app.newsletter.subscriber_list import Filters

NEVER = "never"
"""The filter for those who never got a post; its value is the post."""
DAYS, POSTS = ("since", "until"), ("received", "missed")


@dataclass(frozen=True, kw_only=True)
class Audience:
    """`name` is what people read, empty for everyone; `filters` are kept with the mailing."""

    key: str = ""
    name: str = ""
    filters: Mapping[str, str] = field(default_factory=dict)

    def found(self) -> QuerySet[Subscriber]:
        """Return the confirmed subscribers in it, in no order."""
        return subscribers_of(self.filters)


EVERYONE = Audience()


def read(key: str, *, post_id: int | None = None) -> Audience:
    """Return the audience of a key: empty, `tag:<name>`, `segment:<id>`, or `never`: of this post. Raises UnknownAudience."""
    kind, _colon, value = key.partition(":")
    if not key:
        return EVERYONE
    if kind == "tag" and value:
        return Audience(key=key, name=f"#{value}"[:120], filters={"tag": value})
    if kind == "segment" and value.isdecimal() and (segment := Segment.objects.filter(pk=value[:18]).first()):
        return Audience(key=key, name=segment.name, filters=segment.filters)
    if key == NEVER and post_id is not None:
        return _never(post_id)
    raise UnknownAudience


def _never(post_id: int) -> Audience:
    # Of a mailing whose single deliveries were removed, no one can say who is without one.
    if Send.objects.filter(post=post_id).exclude(summary={}).exists():
        raise NoLongerKnown
    return Audience(key=NEVER, name=_("those who never got it"), filters={NEVER: str(post_id)})


@dataclass(frozen=True, kw_only=True)
class Size:
    """How many readers, and how many of them get it in their digest."""

    readers: int = 0
    in_digest: int = 0


def size_of(key: str, post_id: int) -> Size:
    """Return how many readers a mailing of the post would have now; none in an audience that is not there."""
    try:
        found = reading(read(key, post_id=post_id).found(), post_id)
    except UnknownAudience:
        return Size()
    return Size(**found.aggregate(readers=Count("pk"), in_digest=Count("pk", filter=~Q(frequency=Frequency.EACH))))


def reading(found: QuerySet[Subscriber], post_id: int) -> QuerySet[Subscriber]:
    """Return those who chose such posts and are not on pause, as the statement that prepares a mailing asks it."""
    placement = placement_of(post_id)
    chose = Q(wants=[]) | Q(wants__overlap=sorted(placement.lists()) if placement else [])
    return found.filter(chose, Q(paused_until=None) | Q(paused_until__lte=Now()))


def subscribers_of(filters: Mapping[str, Any]) -> QuerySet[Subscriber]:
    """Return the confirmed subscribers that pass these filters, as they were stored."""
    values = {name: _value(name, text) for name, text in filters.items() if name != NEVER}
    passing = Filters(**values).found() if values else Subscriber.objects.all()
    found = passing.filter(state=Subscriber.State.CONFIRMED)
    if post_id := filters.get(NEVER):
        # One copy in doubt may have arrived: it is not sent to that reader a second time. The same holds for a digest.
        mailed = Q(state__in=GOT) | Q(state=IN_DIGEST) & (Q(digest=None) | Q(digest__state__in=GOT))
        found = found.exclude(Exists(Delivery.objects.filter(mailed, subscriber=OuterRef("pk"), post=post_id)))
    return found


def _value(name: str, text: str) -> Any:
    if name in DAYS:
        return date.fromisoformat(text)
    return int(text) if name in POSTS else text
