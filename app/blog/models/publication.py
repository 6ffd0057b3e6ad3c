"""Whether a post is public, and the verbs that change it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import QuerySet

from app.blog.changes import Change, change
from app.blog.errors import AlreadyPublished, NotPublished, NotScheduled, PostGone, Refused
from app.blog.models.tracking import Tracked
from app.blog.placement import Moved, Placement, move
from app.blog.signals import post_published, post_scheduled, post_unscheduled, post_withdrawn
from app.blog.status import Status

if TYPE_CHECKING:
    from app.blog.models.post import Post


HIDDEN = "status IN ('draft', 'scheduled', 'withdrawn')"
DUE = "status = 'scheduled' AND publish_at <= %(at)s"
SINCE = "coalesce(published_at, {at}, statement_timestamp())"
PUBLISH_AT = f"""
status = 'published', publish_at = NULL, published_at = {SINCE}, last_activity = greatest(last_activity, {SINCE}),
revision = revision + 1
"""
PUBLISH = PUBLISH_AT.format(at="%(at)s::timestamptz")
PUBLISH_EACH = PUBLISH_AT.format(at="wanted.at")
WITHDRAW = "status = 'withdrawn', revision = revision + 1"
SCHEDULE = "status = 'scheduled', publish_at = %(at)s"
UNSCHEDULE = "status = 'draft', publish_at = NULL"
TIMES = ("publish_at", "published_at", "last_activity")


class Publication(Tracked):
    """The part of a post that decides whether readers see it. Each verb is one UPDATE that names the state it expects."""

    status = models.CharField(max_length=9, choices=Status, default=Status.DRAFT)
    publish_at = models.DateTimeField(null=True, blank=True)
    published_at = models.DateTimeField(null=True, blank=True)
    last_activity = models.DateTimeField(null=True, blank=True, editable=False)
    revision = models.PositiveIntegerField(default=1, editable=False)
    moved_at: datetime | None = None
    """When a verb of this instance changed it, by the clock of the database. Not stored."""
    was_public = False
    """Whether it had been public before this instance published it. Not stored."""

    class Meta:
        abstract = True

    @property
    def is_public(self) -> bool:
        return self.status == Status.PUBLISHED

    def publish(self, *, at: datetime | None = None) -> None:
        """Make the post public, and say so. Raises AlreadyPublished, PostGone. The first time of publication stays.

        Without `at` it is now, by the clock of the database.
        """
        with change():
            self.forget_time()
            self._publish(at, HIDDEN, AlreadyPublished)

    def publish_if_due(self, *, now: datetime) -> None:
        """Make a post public whose time has come. Raises NotScheduled when it was changed in between."""
        self._publish(now, DUE, NotScheduled)

    def _publish(self, at: datetime | None, expected: str, refusal: type[Refused]) -> None:
        with change() as changing:
            self.look_back()
            self.announce_publication(self._move(PUBLISH, expected, refusal, at=at), changing)

    def look_back(self) -> None:
        """Note whether it was public before."""
        # What was loaded, as `published_at` may have been assigned for this very publication.
        self.was_public = self._loaded.get("published_at") is not None

    def announce_publication(self, now: Placement, changing: Change) -> None:
        """Count it, let pages follow, and say so: the row was just made public."""
        changing.count(now.author_id, published=1)
        changing.touch(*now.scopes())
        post_published.send(sender=self._meta.concrete_model, post=self)

    def withdraw(self) -> None:
        """Take the post away from readers, and say so. Raises NotPublished, PostGone."""
        with change() as changing:
            placement = self._move(WITHDRAW, "status = 'published'", NotPublished)
            changing.count(placement.author_id, published=-1)
            changing.touch(*placement.scopes())
            post_withdrawn.send(sender=self._meta.concrete_model, post=self, placement=placement)

    def schedule(self, *, publish_at: datetime) -> None:
        """Publish later, or at another time than scheduled. Raises AlreadyPublished, PostGone."""
        with change():
            self.forget_time()
            self._move(SCHEDULE, HIDDEN, AlreadyPublished, at=publish_at)
            post_scheduled.send(sender=self._meta.concrete_model, post=self)

    def unschedule(self) -> None:
        """Make a scheduled post a draft again. Raises NotScheduled, PostGone."""
        with change():
            self.forget_time()
            self._move(UNSCHEDULE, "status = 'scheduled'", NotScheduled)

    def forget_time(self) -> None:
        """Say that another decision takes the place of a scheduled time; where the verb is refused, this goes back with it."""
        if self.publish_at is not None:
            post_unscheduled.send(sender=self._meta.concrete_model, post=self)

    def _move(self, how: str, expected: str, refusal: type[Refused], **values: Any) -> Placement:
        """Change the row where it is as expected, take over what the statement decided, and return the new placement."""
        moved = move(self.pk, how, expected, **values)
        # No row was as expected: another process was quicker, or the post is gone. Only now is it worth a query to say which.
        if moved is None:
            raise refusal if self._row().exists() else PostGone
        return self.take_over(moved)

    def take_over(self, moved: Moved) -> Placement:
        """Take the state that a statement gave to the row."""
        self.status, self.revision, self.moved_at = moved.placement.status, moved.placement.revision, moved.at
        for name in TIMES:
            setattr(self, name, getattr(moved, name))
        self._remember({"status", *TIMES})
        return moved.placement

    def _row(self) -> QuerySet[Post]:
        """Return the row without the manager, whose update() refuses to write a status: that is for the verbs."""
        row: QuerySet[Post] = QuerySet(self._meta.concrete_model).filter(pk=self.pk)
        return row
