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
