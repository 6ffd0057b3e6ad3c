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
from app.blog.signals import post_mailed, post_published, post_scheduled, post_unscheduled, post_withdrawn
from app.blog.status import OUT, Status

if TYPE_CHECKING:
    from app.blog.models.post import Post


HIDDEN = "status IN ('draft', 'scheduled', 'withdrawn')"
DUE = "status = 'scheduled' AND publish_at <= %(at)s"
# A post that was only emailed is new on the site: its time begins there.
SINCE = "coalesce(CASE WHEN status <> 'mailed' THEN published_at END, {at}, statement_timestamp())"
PUBLISH_AT = f"""
status = CASE WHEN {{on_site}} THEN 'published' ELSE 'mailed' END, on_site = {{on_site}},
publish_at = NULL, published_at = {SINCE}, last_activity = greatest(last_activity, {SINCE}), revision = revision + 1
"""
ON_SITE = "coalesce(%(on_site)s::boolean, on_site)"
PUBLISH = PUBLISH_AT.format(at="%(at)s::timestamptz", on_site=ON_SITE)
PUBLISH_EACH = PUBLISH_AT.format(at="wanted.at", on_site="on_site")
NOT_YET_THERE = f"({HIDDEN} OR status = 'mailed' AND {ON_SITE})"
WITHDRAW = "status = 'withdrawn', revision = revision + 1"
SCHEDULE = f"status = 'scheduled', publish_at = %(at)s, on_site = {ON_SITE}"
UNSCHEDULE = "status = 'draft', publish_at = NULL"
TIMES = ("publish_at", "published_at", "last_activity")


class Publication(Tracked):
    """The part of a post that decides whether readers see it. Each verb is one UPDATE that names the state it expects."""

    status = models.CharField(max_length=9, choices=Status, default=Status.DRAFT)
    on_site = models.BooleanField(default=True, db_default=True, editable=False)
    """Whether publication shows it on the site. Otherwise it is published by email alone."""
    publish_at = models.DateTimeField(null=True, blank=True)
    published_at = models.DateTimeField(null=True, blank=True)
    last_activity = models.DateTimeField(null=True, blank=True, editable=False)
    revision = models.PositiveIntegerField(default=1, editable=False)
    edited_revision = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    """The revision at which the post was last edited; later ones only published or withdrew it."""
    moved_at: datetime | None = None
    """When a verb of this instance changed it, by the clock of the database. Not stored."""
    was_public = False
    """Whether it had been public before this instance published it. Not stored."""

    class Meta:
        abstract = True

    @property
    def is_public(self) -> bool:
        return self.status == Status.PUBLISHED

    @property
    def is_out(self) -> bool:
        """Return whether it may be emailed: it is public, or was published by email alone."""
        return self.status in OUT

    def publish(self, *, at: datetime | None = None, on_site: bool | None = None) -> None:
        """Make the post public, and say so. Raises AlreadyPublished, PostGone. The first time of publication stays.

        Without `at` it is now, by the clock of the database. With `on_site=False` it is published by email alone; without, as
        was decided before.
        """
        with change():
            self.forget_time()
            self._publish(at, NOT_YET_THERE, AlreadyPublished, on_site)

    def publish_if_due(self, *, now: datetime) -> None:
        """Make a post public whose time has come. Raises NotScheduled when it was changed in between."""
        self._publish(now, DUE, NotScheduled)

    def _publish(self, at: datetime | None, expected: str, refusal: type[Refused], on_site: bool | None = None) -> None:
        with change() as changing:
            self.look_back()
            self.announce_publication(self._move(PUBLISH, expected, refusal, at=at, on_site=on_site), changing)

    def look_back(self) -> None:
        """Note whether it was public before."""
        # What was loaded, as `published_at` may have been assigned for this very publication.
        self.was_public = self._loaded.get("published_at") is not None and self._loaded.get("status") != Status.MAILED

    def announce_publication(self, now: Placement, changing: Change) -> None:
        """Count it, let pages follow, and say so: the row was just made public, or goes out by email alone."""
        if now.status == Status.MAILED:
            post_mailed.send(sender=self._meta.concrete_model, post=self)
            return
        changing.count(now.author_id, published=1)
        changing.touch(*now.scopes())
        post_published.send(sender=self._meta.concrete_model, post=self)

    def withdraw(self) -> None:
        """Take the post away from readers, and say so. Raises NotPublished, PostGone."""
        with change() as changing:
            if self.status == Status.MAILED:
                self._move(WITHDRAW, "status = 'mailed'", NotPublished)
                return
            placement = self._move(WITHDRAW, "status = 'published'", NotPublished)
            changing.count(placement.author_id, published=-1)
            changing.touch(*placement.scopes())
            post_withdrawn.send(sender=self._meta.concrete_model, post=self, placement=placement)

    def schedule(self, *, publish_at: datetime, on_site: bool | None = None) -> None:
        """Publish later, or at another time than scheduled. Raises AlreadyPublished, PostGone. `on_site` as for publish()."""
        with change():
            self.forget_time()
            self._move(SCHEDULE, HIDDEN, AlreadyPublished, at=publish_at, on_site=on_site)
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
