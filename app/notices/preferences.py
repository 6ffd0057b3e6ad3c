"""What a person can turn off, by a link in every mail, without signing in."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

from django.core import signing
from django.urls import reverse
from django.utils.functional import Promise

from app.accounts.models import Profile, User
from app.notices import kinds
from app.notices.models import Notice

SALT = "notices.choice"  # links in mails that were sent long ago still work


@dataclass(frozen=True)
class Preference(ABC):
    """A group of kinds that is turned off together. `name` is part of signed links and stays."""

    name: str
    label: str | Promise

    def allows(self, recipient: User) -> bool:
        return True

    @abstractmethod
    def turn_off(self, user_id: int) -> None:
        """Stop these mails, those already queued included. Safe to do twice."""


class ProfileOption(Preference):
    """A tick on the settings page: the profile's field `notify_<name>`."""

    def allows(self, recipient: User) -> bool:
        return bool(getattr(recipient.profile, f"notify_{self.name}"))

    def turn_off(self, user_id: int) -> None:
        Profile.objects.filter(user_id=user_id).update(**{f"notify_{self.name}": False})


@dataclass(frozen=True)
class StopLink:
    """A link that turns one preference of one person off."""

    user_id: int
    name: str

    @classmethod
    def of(cls, notice: Notice) -> StopLink | None:
        """Return the link for a notice. None where the person cannot turn it off: it answers what they did themselves."""
        preference = kinds.get(notice.kind).preference
        return cls(notice.recipient_id, preference.name) if preference else None

    @classmethod
    def read(cls, token: str) -> StopLink:
        """Return what a link refers to. Raises django.core.signing.BadSignature."""
        user_id, name = signing.loads(token, salt=SALT)
        return cls(user_id, name)

    @property
    def label(self) -> str:
        return str(by_name(self.name).label)

    def get_absolute_url(self) -> str:
        return reverse("notice_choice", args=[signing.dumps((self.user_id, self.name), salt=SALT)])

    def turn_off(self) -> None:
        by_name(self.name).turn_off(self.user_id)


def by_name(name: str) -> Preference:
    """Return a preference of the registered kinds. Raises KeyError."""
    return {kind.preference.name: kind.preference for kind in kinds.KINDS.values() if kind.preference}[name]
