"""Tokens with which programs sign in. Only a digest is kept."""

from __future__ import annotations

import secrets
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

if TYPE_CHECKING:
    from app.accounts.models.user import User

MARK = "aw_"
SHOWN = 8
USE_NOTED_EVERY = timedelta(minutes=1)


class ApiTokens(models.Manager["ApiToken"]):
    def issue(self, user: User, name: str = "") -> tuple[ApiToken, str]:
        """Return a new token and its text, which cannot be read again."""
        plaintext = MARK + secrets.token_urlsafe(32)
        return self.create(user=user, name=name, digest=digest(plaintext), prefix=plaintext[:SHOWN]), plaintext

    def resolve(self, plaintext: str) -> User | None:
        """Return the active user whose token this is."""
        token = self.select_related("user").filter(digest=digest(plaintext), revoked_at=None).first()
        if token is None or not token.user.is_active:
            return None
        token.note_use()
        return token.user


def digest(plaintext: str) -> str:
    return sha256(plaintext.encode(errors="surrogatepass")).hexdigest()


class ApiToken(models.Model):
    """One program's key. 256 random bits, so that a plain digest is enough."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=100, blank=True)
    prefix = models.CharField(max_length=SHOWN, editable=False)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[ApiTokens] = ApiTokens()

    def __str__(self) -> str:
        return f"{self.prefix}… of user {self.user_id}"

    def revoke(self) -> bool:
        """Revoke the token. Return whether it could be used until now."""
        return bool(ApiToken.objects.filter(pk=self.pk, revoked_at=None).update(revoked_at=timezone.now()))

    def note_use(self) -> None:
        """Record the time of the last use, exact to a minute, so that reading does not write each time."""
        now = timezone.now()
        stale = Q(last_used_at=None) | Q(last_used_at__lt=now - USE_NOTED_EVERY)
        ApiToken.objects.filter(stale, pk=self.pk).update(last_used_at=now)
