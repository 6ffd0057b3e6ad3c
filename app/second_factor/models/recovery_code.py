"""Codes on paper for the day on which the phone is lost. Each works once; only digests are kept."""

from __future__ import annotations

import secrets
from datetime import datetime
from hashlib import sha256
from typing import ClassVar

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone

from app.accounts.models import User

NUMBER = 10
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that is read as another
LENGTH, GROUP = 16, 4  # 79 bits, so that a plain digest is enough


class RecoveryCodes(models.Manager["RecoveryCode"]):
    @transaction.atomic
    def renew(self, user: User) -> list[str]:
        """Return new codes, which cannot be read again. Earlier ones do not work any more."""
        self.filter(user=user).delete()
        codes = ["".join(secrets.choice(LETTERS) for _ in range(LENGTH)) for _ in range(NUMBER)]
        self.bulk_create(RecoveryCode(user=user, digest=_digest(user, code)) for code in codes)
        return ["-".join(code[at : at + GROUP] for at in range(0, LENGTH, GROUP)) for code in codes]

    def accept(self, user: User, code: str, *, now: datetime) -> bool:
        """Use up a code. Return whether it was one that had not been used."""
        return bool(self.filter(user=user, digest=_digest(user, code), used_at=None).update(used_at=now))

    def left(self, user: User) -> int:
        return self.filter(user=user, used_at=None).count()


class RecoveryCode(models.Model):
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="recovery_codes")
    digest = models.CharField(max_length=64, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    used_at = models.DateTimeField(null=True, editable=False)

    objects: ClassVar[RecoveryCodes] = RecoveryCodes()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["user", "digest"], name="recovery_code_once")]

    def __str__(self) -> str:
        return f"recovery code {self.pk} of user {self.user_id}"


def _digest(user: User, code: str) -> str:
    """Return what is kept of a code, however it was typed."""
    typed = "".join(letter for letter in code.lower() if letter.isalnum())
    return sha256(f"{user.pk}:{typed}".encode(errors="surrogatepass")).hexdigest()
