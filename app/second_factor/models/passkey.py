"""A passkey (WebAuthn): a phone, a computer or a security key that signs in its owner. Only its public half is stored."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from fido2.webauthn import AttestedCredentialData

NAME = 60


class Passkey(models.Model):
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="passkeys")
    name = models.CharField(_("Name"), max_length=NAME)
    credential_id = models.BinaryField(unique=True, max_length=1023)
    public_part = models.BinaryField()
    sign_count = models.BigIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    last_used_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["user", "name"], name="passkey_named_once")]

    def __str__(self) -> str:
        return f"passkey {self.pk} of user {self.user_id}"

    @property
    def credential(self) -> AttestedCredentialData:
        return AttestedCredentialData(bytes(self.public_part))

    def note_use(self, count: int, *, now: datetime) -> bool:
        """Record a sign-in. False where the counter did not grow: the key was copied. Passkeys that do not count send 0."""
        mine = Passkey.objects.filter(pk=self.pk)
        known = mine.filter(sign_count__lt=count) if count else mine.filter(sign_count=0)
        return bool(known.update(sign_count=count, last_used_at=now))
