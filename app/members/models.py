"""A request to receive one's mail at another address."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Lower
from django.utils.crypto import constant_time_compare, salted_hmac

from app.accounts.models import User

VALID_FOR = timedelta(days=1)
KEPT_FOR = timedelta(days=7)  # longer than a mail about it is tried


class EmailChange(models.Model):
    """At most one is open for each user: the newest. It is valid while the account is as it was when it was requested."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="email_changes")
    old_email = models.EmailField(blank=True)
    new_email = models.EmailField()
    password_mark = models.CharField(max_length=64, editable=False)
    asked_at = models.DateTimeField(db_index=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "notices_addresschange"  # the model came from the room notices; its rows stayed where they were
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user"], name="address_change_open_once", condition=Q(closed_at=None)),
        ]

    def __str__(self) -> str:
        return f"email change {self.pk} of user {self.user_id}"

    def is_valid(self, now: datetime) -> bool:
        """Return whether the new address may still be taken."""
        user = self.user
        is_open = self.closed_at is None and self.asked_at > now - VALID_FOR
        is_same = user.email == self.old_email and self.password_mark in _marks(user)
        return is_open and is_same and user.is_active and not self._is_taken()

    def _is_taken(self) -> bool:
        others = User.objects.exclude(pk=self.user_id).exclude(email="").alias(address=Lower("email"))
        return others.filter(address=Lower(Value(self.new_email))).exists()

    def secret(self) -> str:
        """Return the secret part of the link to the new address."""
        return self._secret(settings.SECRET_KEY)

    def has_secret(self, given: str) -> bool:
        """Return whether this is the secret part of the link, made with the current key or one that it replaced."""
        return any(constant_time_compare(self._secret(key), given) for key in _keys())

    def _secret(self, key: str) -> str:
        facts = (str(self.pk), self.old_email, self.new_email, self.password_mark)
        return salted_hmac("notices.change", "\n".join(facts), secret=key, algorithm="sha256").hexdigest()

    def close(self, now: datetime) -> bool:
        """Return whether it was open until now."""
        return bool(EmailChange.objects.filter(pk=self.pk, closed_at=None).update(closed_at=now))


def password_mark(user: User) -> str:
    """Return a digest that changes when the password changes, and does not reveal its hash."""
    return _mark(user, settings.SECRET_KEY)


def _marks(user: User) -> list[str]:
    return [_mark(user, key) for key in _keys()]


def _mark(user: User, key: str) -> str:
    return salted_hmac("notices.change.password", user.password, secret=key, algorithm="sha256").hexdigest()


def _keys() -> tuple[str, ...]:
    return (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
