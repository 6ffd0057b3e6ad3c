"""A forgotten password: a link to the address of the account. Its secret is made when the mail is written, and never stored."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.auth.tokens import default_token_generator
from django.db import transaction
from django.db.models import Value
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django.utils.translation import gettext as _

from app.accounts.models import User
from app.mail.priority import AWAITED
from app.mail.rendering import link
from app.mail.submission import OPEN
from app.members import effects
from app.notices.kinds import Kind, register
from app.notices.models import Notice
from app.site.current import site
from owed import owe

A_DAY = 3
A_DAY_TO_STRANGERS = 1
NO_USER = 0


@register
class PasswordResetNotice(Kind):
    name = "reset"
    template = "members/mail/password_reset"
    reaches_unconfirmed = True
    priority = AWAITED

    def subject(self, notice: Notice, number: int) -> str:
        return _("A new password for %(site)s") % {"site": site().name}

    def links(self, notice: Notice) -> dict[str, Any]:
        return {"reset_url": link(reset_path(notice.recipient))}


@transaction.atomic
def request_password_reset(email: str) -> None:
    """Owe the mail: one query and one row, whether the address is known or not, so that the time does not tell which."""
    known = User.objects.alias(address=Lower("email")).filter(address=Lower(Value(email)))
    user_id = known.values_list("pk", flat=True).first() or NO_USER
    owe(effects.reset.si(user_id=user_id), about=f"user:{user_id}")


@transaction.atomic
def send_reset_link(user_id: int, *, now: datetime) -> None:
    """Owe the link, not while one is under way and three a day at most; one a day to an address that may be a stranger's.

    An account whose password an operator took away gets none this way.
    """
    user = User.objects.filter(pk=user_id, is_active=True).exclude(email="").first()
    if user is None or not user.has_usable_password():
        return
    mails, day = Notice.objects.filter(recipient=user, kind=PasswordResetNotice.name), f"{now:%Y-%m-%d}"
    sent = mails.filter(subject_key__startswith=f"{day}/").count()
    most = A_DAY_TO_STRANGERS if user.has_unconfirmed_address else A_DAY
    if sent < most and not mails.filter(state__in=OPEN).exists():
        Notice.objects.owe(user, PasswordResetNotice, f"{day}/{sent + 1}")


def reset_path(user: User) -> str:
    """Return the page that sets a password: a secret that works for a day, and not after a sign-in or a change."""
    uid = urlsafe_base64_encode(force_bytes(user.pk))
    return reverse("password_reset_confirm", args=[uid, default_token_generator.make_token(user)])
