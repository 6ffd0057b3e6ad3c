"""What readers did, counted without keeping who they are."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from app.blog.models import Post


class View(models.Model):
    """One visitor saw a post on one day. The visitor is a digest whose salt is forgotten after the day."""

    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="views")
    visitor = models.BinaryField(max_length=16)
    day = models.DateField()
    seen_at = models.DateTimeField()
    counted_at = models.DateTimeField(null=True)
    referrer = models.CharField(max_length=253, default="", db_default="")
    """The host of the other site that linked here, if any."""

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["post", "visitor", "day"], name="view_once_a_day")]
        indexes: ClassVar = [
            models.Index(fields=["post"], name="view_uncounted", condition=Q(counted_at=None)),
            models.Index(fields=["seen_at"], name="view_seen"),
        ]

    def __str__(self) -> str:
        return f"view of post {self.post_id} on {self.day}"


class Salt(models.Model):
    """The secret that makes one day's visitors comparable, and no longer."""

    day = models.DateField(primary_key=True)
    value = models.BinaryField(max_length=32)

    def __str__(self) -> str:
        return str(self.day)


class DailyCount(models.Model):
    """What happened to a post on one day of the site's time zone, or to the whole site where there is no post.

    Counted from the rows themselves, and kept when they are forgotten: no number here says who.
    """

    post = models.ForeignKey(Post, on_delete=models.CASCADE, null=True, related_name="daily_counts")
    day = models.DateField()
    views = models.IntegerField(null=True)
    """None where the single views were forgotten before they were counted by day; so are readers."""
    readers = models.IntegerField(null=True)
    likes = models.IntegerField()
    comments = models.IntegerField()
    delivered = models.IntegerField()
    gained = models.IntegerField(null=True)
    """Readers by email who confirmed on that day; this and the next two are the site's alone."""
    lost = models.IntegerField(null=True)
    subscribers = models.IntegerField(null=True)
    """How many there were at the end of the day."""
    counted_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["post", "day"], name="daily_count_once", nulls_distinct=False),
        ]
        indexes: ClassVar = [
            models.Index(fields=["day"], name="daily_count_views", include=["post", "views"], condition=Q(views__gt=0)),
        ]

    def __str__(self) -> str:
        return f"counts of {self.day}"


class DailyReferrer(models.Model):
    """How many views of a post, or of the whole site, came from another host on one day. The rest of a day has no host."""

    post = models.ForeignKey(Post, on_delete=models.CASCADE, null=True, related_name="daily_referrers")
    day = models.DateField()
    host = models.CharField(max_length=253, blank=True)
    views = models.IntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["post", "day", "host"], name="daily_referrer_once", nulls_distinct=False),
        ]
        indexes: ClassVar = [models.Index(fields=["day"], name="daily_referrer_day")]

    def __str__(self) -> str:
        return f"{self.host or 'other hosts'} on {self.day}"


class Verb(models.TextChoices):
    POST_VIEW = "post_view"
    POST_LIKE = "post_like"


class Activity(models.Model):
    """A signed-in reader did something with a post: append-only, once for each verb, post and day."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="activity")
    verb = models.CharField(max_length=10, choices=Verb)
    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="activity")
    day = models.DateField()
    created_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "verb", "post", "day"], name="activity_once_a_day"),
            models.CheckConstraint(condition=Q(verb__in=Verb.values), name="activity_verb_known"),
        ]
        indexes: ClassVar = [models.Index(fields=["created_at"], name="activity_created")]

    def __str__(self) -> str:
        return f"{self.verb} of post {self.post_id}"


class Trending(models.Model):
    """A public post's place in the ranking, as last computed."""

    post = models.OneToOneField(Post, on_delete=models.CASCADE, primary_key=True, related_name="trending")
    score = models.FloatField()
    computed_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["-score", "-post_id"], name="trending_first")]

    def __str__(self) -> str:
        return f"post {self.post_id}: {self.score:.3f}"
