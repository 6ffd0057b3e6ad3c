"""The mailing list as an editor reads it: filtered, counted, and a page at a time by key."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from app.blog.models import Post
from app.mail.submission import SubmissionState
from app.newsletter.models import Delivery, Send, Subscriber
from app.newsletter.models.states import IN_DIGEST
from owed.sql import rows as selected

PAGE = 50
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, kw_only=True)
class Filters:
    """What a list, a count or a file is asked for. `since` and `until` are days of joining, both included."""

    q: str = ""
    state: str = ""
    frequency: str = ""
    source: str = ""
    tag: str = ""
    since: date | None = None
    until: date | None = None
    received: int | None = None
    """A post that reached them."""
    missed: int | None = None
    """A post that did not reach them, whether it was sent to them or not."""

    def found(self) -> QuerySet[Subscriber]:
        """Return the subscribers that pass, in no order; none where the question cannot be answered any more."""
        if self.is_forgotten:
            return Subscriber.objects.none()
        wanted = self._mailed()
        if self.q:
            wanted &= Q(email__icontains=self.q) | Q(name__icontains=self.q)
        if self.state:
            wanted &= Q(state=self.state)
        if self.frequency:
            wanted &= Q(frequency=self.frequency)
        if self.source:
            wanted &= Q(source=self.source)
        if self.tag:
            wanted &= Q(tags__contains=[self.tag])
        if self.since:
            wanted &= Q(created_at__gte=_local(self.since, time.min))
        if self.until:
            wanted &= Q(created_at__lte=_local(self.until, time.max))
        return Subscriber.objects.filter(wanted)

    @property
    def is_forgotten(self) -> bool:
        """Return whether it asks about a post whose single deliveries were removed: who is without one may have had it."""
        return Send.objects.filter(post__in=[self.received, self.missed]).exclude(summary={}).exists()

    def _mailed(self) -> Q:
        alone, in_digest = Q(state=SubmissionState.SENT), Q(state=IN_DIGEST, digest__state=SubmissionState.SENT)
        sent = Delivery.objects.filter(alone | in_digest, subscriber=OuterRef("pk"))
        wanted = Q()
        if self.received:
            wanted &= Q(Exists(sent.filter(post=self.received)))
        if self.missed:
            wanted &= ~Q(Exists(sent.filter(post=self.missed)))
        return wanted

    def counts(self) -> dict[str, int]:
        """Return how many pass in each state, whatever state is asked for; every state is named."""
        counted = dict(
            Filters(**{**vars(self), "state": ""}).found().values_list("state").annotate(Count("pk")).order_by("state")
        )
        return {state: counted.get(state, 0) for state in Subscriber.State.values}


@dataclass(frozen=True, kw_only=True)
class Slice:
    """A page of subscribers, newest first. `newer` and `older` are keys of the next ones, empty where there are none."""

    subscribers: list[Subscriber] = field(default_factory=list)
    newer: str = ""
    older: str = ""


def slice_of(found: QuerySet[Subscriber], *, after: str = "", before: str = "", size: int = PAGE) -> Slice:
    """Return the subscribers older than the key `after`, or newer than `before`. A key that cannot be read begins again.

    By key, not by number: the thousandth page costs as much as the first, and none is shown twice while others join.
    """
    if older := _read(after):
        rows = list(_older(found, *older).order_by("-created_at", "-pk")[: size + 1])
        return _sliced(rows[:size], newer=True, older=len(rows) > size)
    if newer := _read(before):
        rows = list(_newer(found, *newer).order_by("created_at", "pk")[: size + 1])
        return _sliced(rows[:size][::-1], newer=len(rows) > size, older=True)
    rows = list(found.order_by("-created_at", "-pk")[: size + 1])
    return _sliced(rows[:size], newer=False, older=len(rows) > size)


def key_of(subscriber: Subscriber) -> str:
    return f"{(subscriber.created_at - EPOCH) // MICROSECOND}-{subscriber.pk}"


def sources() -> list[tuple[str, int]]:
    """Return how subscribers came here, with their number, by name."""
    return list(Subscriber.objects.values_list("source").annotate(Count("pk")).order_by("source"))


def mailed_posts(number: int = 50) -> list[tuple[int, str]]:
    """Return the last posts that were mailed and of which every single delivery is still here, by id and title."""
    summed = Send.objects.filter(post=OuterRef("pk")).exclude(summary={})
    posts = Post.objects.filter(Exists(Send.objects.filter(post=OuterRef("pk"))), ~Exists(summed)).order_by(
        "-published_at", "-pk"
    )
    return list(posts.values_list("pk", "title")[:number])


def tags() -> list[tuple[str, int]]:
    """Return the tags of subscribers, with the number of each, by name."""
    return selected("SELECT tag, count(*) FROM newsletter_subscriber, unnest(tags) AS tag GROUP BY tag ORDER BY tag")


def _sliced(rows: list[Subscriber], *, newer: bool, older: bool) -> Slice:
    if not rows:
        return Slice()
    return Slice(subscribers=rows, newer=key_of(rows[0]) if newer else "", older=key_of(rows[-1]) if older else "")


def _older(found: QuerySet[Subscriber], at: datetime, pk: int) -> Any:
    return found.filter(Q(created_at__lte=at) & ~Q(created_at=at, pk__gte=pk))


def _newer(found: QuerySet[Subscriber], at: datetime, pk: int) -> Any:
    return found.filter(Q(created_at__gte=at) & ~Q(created_at=at, pk__lte=pk))


def _read(key: str) -> tuple[datetime, int] | None:
    moment, _, pk = key.partition("-")
    if not (key.isascii() and moment.isdecimal() and pk.isdecimal() and len(key) < 40):
        return None
    try:
        return EPOCH + int(moment) * MICROSECOND, int(pk) if int(pk) < 2**63 else 0
    except OverflowError:
        return None


def _local(day: date, at: time) -> datetime:
    return timezone.make_aware(datetime.combine(day, at))
