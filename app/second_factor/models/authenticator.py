"""An app that shows a new code every 30 seconds (TOTP, RFC 6238). Its secret is encrypted; a code works once."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar

import pyotp
from django.conf import settings
from django.db import models
from django.db.models import F
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from app.accounts.models import User
from app.site.encryption import CannotDecrypt, Cipher

CIPHER = Cipher(purpose=b"afterword/second-factor/totp/1")
PERIOD = 30
WRONG_IN_A_ROW = 20
RESTS_FOR = timedelta(hours=1)
"""After that many wrong codes no code is looked at so long, also while the cache, which counts by the minute, is away."""


class Authenticators(models.Manager["Authenticator"]):
    def of(self, user: User) -> Authenticator | None:
        return self.filter(user=user).first()

    def turn_on(self, user: User, secret: str, *, step: int) -> Authenticator:
        """Keep the secret. `step` is that of the code that proved it, so that this one does not work again."""
        return self.create(user=user, secret=CIPHER.encrypt(secret), last_step=step)


class Authenticator(models.Model):
    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="authenticator")
    secret = models.TextField(editable=False)
    last_step = models.BigIntegerField(editable=False)
    """The half minute of the last code that was accepted: that one and earlier ones are refused."""
    wrong_in_a_row = models.PositiveIntegerField(default=0, editable=False)
    wrong_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    last_used_at = models.DateTimeField(null=True, editable=False)

    objects: ClassVar[Authenticators] = Authenticators()

    def __str__(self) -> str:
        return f"authenticator of user {self.user_id}"

    @property
    def is_readable(self) -> bool:
        """Return whether the secret opens with SECRET_KEY or one of its fallbacks."""
        try:
            return bool(CIPHER.decrypt(self.secret))
        except CannotDecrypt:
            return False

    def accept(self, code: str, *, now: datetime) -> bool:
        """Use up a code. False for a wrong one, one that was used, and while too many wrong ones are not an hour ago."""
        if self.is_resting(now) or not self.is_readable:
            return False
        secret = CIPHER.decrypt(self.secret)
        step = step_of(secret, code, now=now)
        mine = Authenticator.objects.filter(pk=self.pk)
        used = {"last_step": step, "last_used_at": now, "wrong_in_a_row": 0, "secret": CIPHER.encrypt(secret)}
        if step is not None and mine.filter(last_step__lt=step).update(**used):
            return True
        mine.update(wrong_in_a_row=F("wrong_in_a_row") + 1, wrong_at=now)
        self.wrong_in_a_row, self.wrong_at = self.wrong_in_a_row + 1, now
        return False

    def is_resting(self, now: datetime) -> bool:
        return self.wrong_in_a_row >= WRONG_IN_A_ROW and self.wrong_at is not None and self.wrong_at > now - RESTS_FOR

    def reencrypt(self) -> None:
        """Encrypt the secret with the current key. Raises CannotDecrypt."""
        Authenticator.objects.filter(pk=self.pk, secret=self.secret).update(secret=CIPHER.encrypt(CIPHER.decrypt(self.secret)))


def step_of(secret: str, code: str, *, now: datetime) -> int | None:
    """Return the half minute that the code is of: this one, the one before or the next, as clocks differ. None: it is wrong."""
    typed, current = "".join(code.split()), int(now.timestamp()) // PERIOD
    if not (typed.isascii() and typed.isdecimal()):
        return None
    codes = pyotp.HOTP(secret)  # a code of TOTP is one of HOTP, counted by half minutes
    matching = [step for step in (current, current - 1, current + 1) if constant_time_compare(codes.at(step), typed)]
    return matching[0] if matching else None
