"""Whether a post is public, and the verbs that change it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import F, Func, Q, QuerySet, Value
from django.db.models.functions import Coalesce, Greatest

from app.blog.changes import change
from app.blog.errors import AlreadyPublished, NotPublished, NotScheduled, PostGone, Refused
from app.blog.models.tracking import Tracked
from app.blog.signals import post_published, post_scheduled, post_withdrawn
from app.blog.standing import PostBefore, settled

if TYPE_CHECKING:
    from app.blog.models.post import Post


class Status(models.TextChoices):
    DRAFT = "draft"
    SCHEDULED = "scheduled"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"


HIDDEN = Q(status__in=[Status.DRAFT, Status.SCHEDULED, Status.WITHDRAWN])
NOW = Func(function="statement_timestamp", output_field=models.DateTimeField())
TIMES = ("publish_at", "published_at", "last_activity")


class Publication(Tracked):
    """The part of a post that readers' access hangs on. Each verb is one UPDATE that names the state it expects."""

    status = models.CharField(max_length=9, choices=Status, default=Status.DRAFT)
    publish_at = models.DateTimeField(null=True, blank=True)
    published_at = models.DateTimeField(null=True, blank=True)
    last_activity = models.DateTimeField(null=True, blank=True, editable=False)
    revision = models.PositiveIntegerField(default=1, editable=False)
    moved_at: datetime | None = None
    """When a verb of this instance moved it, by the clock of the database. Not stored."""

    class Meta:
        abstract = True

    @property
    def is_public(self) -> bool:
        return self.status == Status.PUBLISHED

    def publish(self, *, at: datetime | None = None) -> None:
        """Make the post public, and say so. Raises AlreadyPublished, PostGone. The first time of publication stays.

        Without `at` it is now, by the clock of the database.
        """
        self._publish(at, HIDDEN)

    def publish_if_due(self, *, now: datetime) -> None:
        """Make a post public whose time has come. Raises NotScheduled when somebody moved it in between."""
        self._publish(now, Q(status=Status.SCHEDULED, publish_at__lte=now), NotScheduled)

    def _publish(self, at: datetime | None, expected: Q, refusal: type[Refused] = AlreadyPublished) -> None:
        since = Coalesce("published_at", Value(at) if at else NOW)
        with change() as changing:
            self._move(
                expected,
                refusal,
                status=Status.PUBLISHED,
                publish_at=None,
                published_at=since,
                last_activity=Greatest("last_activity", since),
                revision=F("revision") + 1,
            )
            now = self._settle()
            changing.count(now.author_id, published=1)
            changing.touch(*now.scopes())
            post_published.send(sender=self._meta.concrete_model, post=self)

    def withdraw(self) -> None:
        """Take the post away from readers, and say so. Raises NotPublished, PostGone."""
        with change() as changing:
            self._move(Q(status=Status.PUBLISHED), NotPublished, status=Status.WITHDRAWN, revision=F("revision") + 1)
            now = self._settle()
            changing.count(now.author_id, published=-1)
            changing.touch(*now.scopes())
            post_withdrawn.send(sender=self._meta.concrete_model, post=self)

    def schedule(self, *, publish_at: datetime) -> None:
        """Publish later, or at another time than planned. Raises AlreadyPublished, PostGone."""
        with change():
            self._move(HIDDEN, AlreadyPublished, status=Status.SCHEDULED, publish_at=publish_at)
            self._settle()
            post_scheduled.send(sender=self._meta.concrete_model, post=self)

    def unschedule(self) -> None:
        """Make a planned post a draft again. Raises NotScheduled, PostGone."""
        with change():
            self._move(Q(status=Status.SCHEDULED), NotScheduled, status=Status.DRAFT, publish_at=None)
            self._settle()

    def _move(self, expected: Q, refusal: type[Refused], **values: Any) -> None:
        if not self._row().filter(expected).update(**values):
            raise refusal if self._row().exists() else PostGone

    def _settle(self) -> PostBefore:
        """Take over what the statement decided, and return where the post stands."""
        now = settled(self.pk)
        if now is None:
            raise PostGone
        self.status, self.revision, self.moved_at = now.place.status, now.place.revision, now.read_at
        for name in TIMES:
            setattr(self, name, getattr(now, name))
        self._remember({"status", *TIMES})
        return now.place

    def _row(self) -> QuerySet[Post]:
        """Return the row, past the manager: what refuses to others to move a status does not stand in a verb's way."""
        row: QuerySet[Post] = QuerySet(self._meta.concrete_model).filter(pk=self.pk)
        return row
