"""The question whether an address is the new member's own, and the signed link that answers it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core import signing
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from app.accounts.models import User
from app.mail.priority import AWAITED
from app.mail.rendering import link
from app.mail.submission import OPEN
from app.notices.kinds import Kind, register
from app.notices.kinds.onboarding import FIRST_STEPS, is_stopped
from app.notices.models import Notice
from app.site.current import site

SALT = "notices.address"  # links in mails that were sent long ago still work


@dataclass(frozen=True)
class ConfirmationLink:
    """The address of an account, as it was when it was asked for. Only who reads the mail there has the link."""

    user_id: int
    email: str

    @classmethod
    def of(cls, user: User) -> ConfirmationLink:
        return cls(user.pk, user.email)

    @classmethod
    def read(cls, token: str) -> ConfirmationLink:
        """Return what a link refers to. Raises django.core.signing.BadSignature."""
        user_id, email = signing.loads(token, salt=SALT)
        return cls(user_id, email)

    def get_absolute_url(self) -> str:
        return reverse("address", args=[signing.dumps((self.user_id, self.email), salt=SALT)])

    def confirm(self) -> None:
        """Confirm it, unless the account is gone or has another address by now. Safe to do twice."""
        for user in User.objects.filter(pk=self.user_id):
            user.confirm_address(self.email)


@register
class EmailConfirmationNotice(Kind):
    name = "address"
    template = "members/mail/email_confirmation"
    preference = FIRST_STEPS
    reaches_unconfirmed = True
    priority = AWAITED
    once_for_good = True

    def subject(self, notice: Notice, number: int) -> str:
        return _("Is this your address at %(site)s?") % {"site": site().name}

    def links(self, notice: Notice) -> dict[str, Any]:
        return {"address_url": link(ConfirmationLink.of(notice.recipient).get_absolute_url())}

    def has_opted_out(self, notice: Notice) -> bool:
        return is_stopped(notice.recipient)

    def obsolete(self, notice: Notice) -> str:
        return "withdrawn before it was sent" if notice.recipient.email_confirmed_at else ""


@transaction.atomic
def ask_confirmation(user_id: int) -> None:
    """Ask a user who signed up on the site whether the address is theirs; until then no other mail goes there."""
    for user in User.objects.filter(pk=user_id):
        if user.has_unconfirmed_address:
            Notice.objects.owe(user, EmailConfirmationNotice, "account")


@transaction.atomic
def ask_confirmation_again(user_id: int, *, now: datetime) -> bool:
    """Ask once more, because the owner of the account wishes it. Return whether a mail is owed for this.

    The address may be a stranger's: at most one mail a day, and none while another is under way.
    """
    user = User.objects.get(pk=user_id)
    under_way = Notice.objects.filter(recipient=user, kind=EmailConfirmationNotice.name, state__in=OPEN)
    if not user.has_unconfirmed_address or under_way.exists():
        return False
    return Notice.objects.owe(user, EmailConfirmationNotice, f"again:{now:%Y-%m-%d}") is not None
