"""One post on one account, and its state there."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, ClassVar
from uuid import uuid4

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone

LEASE = timedelta(seconds=35)


class ShareState(models.TextChoices):
    PENDING = "pending"
    SUBMITTING = "submitting"
    SENT = "sent"
    FAILED = "failed"
    UNKNOWN = "unknown"
    WITHDRAWN = "withdrawn"
    SKIPPED = "skipped"


def new_key() -> str:
    return f"post_{uuid4().hex}"


class SocialPostQuerySet(models.QuerySet["SocialPost"]):
    def connected(self) -> SocialPostQuerySet:
        """Leave out posts on accounts that were removed."""
        return self.filter(account__removed_at=None)


class SocialPost(models.Model):
    """A post shared once through an account. `failed` is how the last attempt ended; another may follow.

    The key is the same at every attempt, so that a network which recognises keys posts once.
    """

    account = models.ForeignKey("social.Account", on_delete=models.CASCADE, related_name="social_posts")
    # A deleted post still has to be withdrawn from the networks: the row outlives it.
    post = models.ForeignKey("blog.Post", on_delete=models.DO_NOTHING, db_constraint=False, related_name="social_posts")
    state = models.CharField(max_length=10, choices=ShareState, default=ShareState.PENDING)
    key = models.CharField(max_length=60, unique=True, default=new_key, editable=False)
    remote_id = models.CharField(max_length=300, blank=True)
    remote_url = models.CharField(max_length=500, blank=True)
    shown = models.JSONField(default=dict, help_text="What the network was last given.")
    revision = models.PositiveIntegerField(default=0, help_text="The post's revision that the network shows.")
    attempts = models.PositiveIntegerField(default=0)
    error = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    claimed_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)
    """When the last attempt ended."""

    objects = SocialPostQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account", "post"], name="social_post_once"),
            models.CheckConstraint(condition=Q(state__in=ShareState.values), name="social_post_state_known"),
        ]

    def __str__(self) -> str:
        return f"post {self.post_id} on account {self.account_id}: {self.state}"

    @property
    def in_doubt(self) -> bool:
        """Whether an attempt may have reached the network while its answer never reached us."""
        return self.state == ShareState.SUBMITTING

    def busy_until(self, now: datetime) -> datetime | None:
        """Return when the claim of another attempt ends, or None."""
        if self.state != ShareState.SUBMITTING or self.claimed_at is None or self.claimed_at + LEASE <= now:
            return None
        return self.claimed_at + LEASE

    def claim(self, now: datetime) -> bool:
        """Commit that an attempt begins. Return false where another took the row since it was read."""
        as_read = SocialPost.objects.filter(pk=self.pk, state=self.state, claimed_at=self.claimed_at, attempts=self.attempts)
        return bool(as_read.update(state=ShareState.SUBMITTING, claimed_at=now, attempts=F("attempts") + 1))

    def begin_again(self, key: str, now: datetime) -> bool:
        """Make a withdrawn post one that was never shared: it is public again. Return whether it was withdrawn."""
        # Another key: under the old one a network would answer with the post that it has deleted.
        fresh = {
            "state": ShareState.PENDING, "key": key, "remote_id": "", "remote_url": "", "shown": {}, "revision": 0,
            "attempts": 0, "error": "", "created_at": now, "claimed_at": None, "sent_at": None, "settled_at": None,
        }  # fmt: skip
        begun = bool(SocialPost.objects.filter(pk=self.pk, state=ShareState.WITHDRAWN, key=self.key).update(**fresh))
        self.refresh_from_db(fields=list(fresh))
        return begun

    def settle(self, state: ShareState, *, error: str = "", **fields: Any) -> None:
        """Commit how the attempt ended. `error` is shown to writers: no address, no secret."""
        fields = {"state": state, "error": error[:300], "claimed_at": None, **fields}
        SocialPost.objects.filter(pk=self.pk, state=ShareState.SUBMITTING).update(settled_at=Now(), **fields)
        for name, value in fields.items():
            setattr(self, name, value)

    def close(self, why: str) -> None:
        """Say that nothing will share it: skipped, or unknown where an attempt may have reached the network."""
        fields = {"error": why[:300], "claimed_at": None}
        mine = SocialPost.objects.filter(pk=self.pk)
        mine.filter(state=ShareState.PENDING).update(state=ShareState.SKIPPED, settled_at=Now(), **fields)
        mine.filter(state=ShareState.SUBMITTING).update(state=ShareState.UNKNOWN, settled_at=Now(), **fields)
