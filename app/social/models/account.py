"""An account on a network, through which posts are shared."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.functional import Promise

from app.accounts.models import User
from app.social.encryption import DecryptionFailed, decrypt, encrypt, reencrypt

if TYPE_CHECKING:
    from app.blog.models import Post


POSTS = "post"
"""What every account gets unless it chooses otherwise: that posts are published, revised and withdrawn."""


def posts_alone() -> list[str]:
    return [POSTS]


def network_choices() -> list[tuple[str, str | Promise]]:
    """Return the installed networks. A function, so that a migration names it and one more network needs none."""
    from app.social.networks import choices

    return choices()


class AccountQuerySet(models.QuerySet["Account"]):
    def connected(self) -> AccountQuerySet:
        """Leave out removed accounts."""
        return self.filter(removed_at=None)

    def active(self) -> AccountQuerySet:
        return self.filter(active=True)

    def managed_by(self, user: User) -> AccountQuerySet:
        return self.all() if user.edits_everything else self.filter(owner=user)

    def sharing(self, post: Post) -> AccountQuerySet:
        """Return the active accounts that share this post: the site's, editors', and its author's own."""
        # Asked through editors(), so that an account outlives neither its owner's role nor their leaving.
        owner = Q(owner=None) | Q(owner__in=User.objects.editors()) | Q(owner=post.author_id)
        return self.active().filter(owner, events__contains=[POSTS]).order_by("pk")


class Account(models.Model):
    """Where posts are shared. An editor's account, or one without an owner, shares every post; an author's only their own."""

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, blank=True, related_name="social_accounts"
    )
    network = models.CharField(max_length=30, choices=network_choices)
    name = models.CharField(max_length=100)
    endpoint = models.CharField(max_length=500, blank=True)
    handle = models.CharField(max_length=300, blank=True, editable=False, help_text="The account's name on the network.")
    secret_encrypted = models.TextField(blank=True, editable=False)
    session_encrypted = models.TextField(blank=True, editable=False)
    events = ArrayField(models.CharField(max_length=40), default=posts_alone, db_default=[POSTS], blank=True, editable=False)
    """What a webhook is called about: posts, and names of app.webhooks.events."""
    active = models.BooleanField(default=True)
    error = models.CharField(max_length=300, blank=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    # The row outlives the account's removal: what was shared through it still has to be accounted for.
    removed_at = models.DateTimeField(null=True, editable=False)

    objects = AccountQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(removed_at=None) | Q(active=False, secret_encrypted="", session_encrypted=""),
                name="social_account_removed_is_mute",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.network})"

    @property
    def host(self) -> str:
        """The host that answers when this account posts; shared by all accounts there."""
        return urlsplit(self.endpoint).netloc.lower() or self.network

    @property
    def secret(self) -> str:
        """The secret in clear, or an empty text. Raises DecryptionFailed."""
        return decrypt(self.secret_encrypted) if self.secret_encrypted else ""

    @secret.setter
    def secret(self, text: str) -> None:
        self.secret_encrypted = encrypt(text) if text else ""

    @property
    def is_readable(self) -> bool:
        """Whether the secret can be decrypted with the current key or one of its fallbacks."""
        try:
            self.secret  # noqa: B018  decrypting is the question
        except DecryptionFailed:
            return False
        return True

    def reencrypt(self) -> None:
        """Encrypt the secret with the current key, and forget the session. Raises DecryptionFailed."""
        if self.secret_encrypted:
            before = self.secret_encrypted
            same = Account.objects.filter(pk=self.pk, secret_encrypted=before)
            same.update(secret_encrypted=reencrypt(before), session_encrypted="")

    @staticmethod
    def session_of(pk: int) -> str:
        """Return what keep_session stored, empty where it cannot be read any more: a session is only a shortcut."""
        encrypted = Account.objects.filter(pk=pk).values_list("session_encrypted", flat=True).first()
        try:
            return decrypt(encrypted) if encrypted else ""
        except DecryptionFailed:
            return ""

    @staticmethod
    def keep_session(pk: int, text: str) -> None:
        """Store an account's tokens, encrypted."""
        Account.objects.connected().filter(pk=pk).update(session_encrypted=encrypt(text))

    def disable(self, why: str = "") -> bool:
        """Stop sharing through it. Return whether it was active until now."""
        self.active, self.error = False, why[:300]
        return bool(Account.objects.filter(pk=self.pk, active=True).update(active=False, error=self.error))

    def enable(self) -> bool:
        """Share through it again, unless it was removed. Return whether it was off until now."""
        self.active, self.error = True, ""
        return bool(Account.objects.connected().filter(pk=self.pk, active=False).update(active=True, error=""))

    def remove(self, now: datetime) -> bool:
        """Stop sharing through it and forget its secret. Return whether it was connected until now."""
        mute = {"active": False, "error": "", "secret_encrypted": "", "session_encrypted": "", "removed_at": now}
        return bool(Account.objects.connected().filter(pk=self.pk).update(**mute))
