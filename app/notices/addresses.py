"""The link with which somebody says that an address is theirs. Who can follow it reads the mail that came there."""

from __future__ import annotations

from dataclasses import dataclass

from django.core import signing
from django.urls import reverse

from app.accounts.models import User

SALT = "notices.address"


@dataclass(frozen=True)
class Address:
    """The address of an account, as it was when it was asked for."""

    user_id: int
    email: str

    @classmethod
    def of(cls, user: User) -> Address:
        return cls(user.pk, user.email)

    @classmethod
    def read(cls, token: str) -> Address:
        """Return what a link stands for. Raises django.core.signing.BadSignature."""
        user_id, email = signing.loads(token, salt=SALT)
        return cls(user_id, email)

    def get_absolute_url(self) -> str:
        return reverse("address", args=[signing.dumps((self.user_id, self.email), salt=SALT)])

    def confirm(self) -> None:
        """Take note of it, unless the account has gone or has another address by now. Safe to do twice."""
        for user in User.objects.filter(pk=self.user_id):
            user.confirm_address(self.email)
