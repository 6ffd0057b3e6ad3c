"""Another email address for an account: the link goes to the new address, the warning and the news to the old one."""

from __future__ import annotations

from datetime import datetime, timedelta
from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Value
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils.translation import gettext as _

from app.accounts.models import User
from app.mail.addresses import same_address
from app.mail.priority import AWAITED
from app.mail.rendering import link
from app.members.models import KEPT_FOR, EmailChange, password_mark
from app.notices.kinds import Kind, register
from app.notices.models import Notice
from app.site.current import site
from owed import clock

MOST_A_DAY = 3
DAY = timedelta(days=1)


class TooManyRequests(Exception):
    """Another address was requested three times within a day."""


class EmailChangeNotice(Kind):
    """What the three mails about a change have in common. Their `subject_key` is the change's id."""

    reaches_unconfirmed = True
    priority = AWAITED

    def links(self, notice: Notice) -> dict[str, Any]:
        change = change_of(notice)
        if change is None:
            return {}
        return {
            "change": change,
            "forgotten_url": link(reverse("password_reset")),
            "contact": parseaddr(settings.DEFAULT_FROM_EMAIL)[1],
        }

    def address(self, notice: Notice) -> str:
        change = change_of(notice)
        return change.old_email if change else ""


@register
class EmailChangeLink(EmailChangeNotice):
    name = "move"
    template = "members/mail/email_change_link"

    def subject(self, notice: Notice, number: int) -> str:
        return _("Is this your new address at %(site)s?") % {"site": site().name}

    def links(self, notice: Notice) -> dict[str, Any]:
        change = change_of(notice)
        url = link(reverse("address_change", args=[change.pk, change.secret()])) if change else ""
        return {**super().links(notice), "address_url": url}

    def address(self, notice: Notice) -> str:
        change = change_of(notice)
        return change.new_email if change else ""

    def obsolete(self, notice: Notice) -> str:
        """The link must work, and no address gets more than three a day."""
        change, now = change_of(notice), clock.now()
        if change and change.is_valid(now) and _times_asked_before(change, now) < MOST_A_DAY:
            return ""
        return "used, replaced or a day old; or the address is taken, or was asked three times today"


def _times_asked_before(change: EmailChange, now: datetime) -> int:
    """Return how often mail to this address was asked for within a day; a lookalike is another address."""
    earlier = EmailChange.objects.filter(asked_at__gt=now - DAY, pk__lt=change.pk)
    alike = earlier.alias(address=Lower("new_email")).filter(address=Lower(Value(change.new_email)))
    return sum(same_address(email, change.new_email) for email in alike.values_list("new_email", flat=True))


@register
class EmailChangeWarning(EmailChangeNotice):
    name = "moving"
    template = "members/mail/email_change_warning"

    def subject(self, notice: Notice, number: int) -> str:
        return _("Another address for your account at %(site)s") % {"site": site().name}


@register
class EmailChanged(EmailChangeNotice):
    name = "moved"
    template = "members/mail/email_changed"

    def subject(self, notice: Notice, number: int) -> str:
        return _("Your address at %(site)s was changed") % {"site": site().name}


@transaction.atomic
def request_email_change(user: User, email: str, *, now: datetime) -> None:
    """Store the request in place of an earlier one. Raises TooManyRequests.

    It takes the same steps whether the address is another account's or not, so that no one can find out here: whether the
    address is free is looked up when the mail is written.
    """
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    mine = EmailChange.objects.filter(user=user)
    if mine.filter(asked_at__gt=now - DAY).count() >= MOST_A_DAY:
        raise TooManyRequests
    mine.filter(closed_at=None).update(closed_at=now)
    change = mine.create(old_email=user.email, new_email=email, password_mark=password_mark(user), asked_at=now, user=user)
    Notice.objects.owe(user, EmailChangeLink, str(change.pk))
    if _has_own_address(user):
        Notice.objects.owe(user, EmailChangeWarning, str(change.pk))


def find(change_id: int, secret: str, *, now: datetime) -> EmailChange | None:
    """Return the request that a link belongs to, while it is valid."""
    change = EmailChange.objects.select_related("user").filter(pk=change_id).first()
    if change is None or not change.has_secret(secret):
        return None
    return change if change.is_valid(now) else None


@transaction.atomic
def confirm_email_change(change: EmailChange, *, now: datetime) -> bool:
    """Give the account its new address, and notify the old one. Return whether this call did it: a link works once."""
    user, is_notified = change.user, _has_own_address(change.user)
    if not (change.close(now) and user.move_address(change.new_email)):
        return False
    if is_notified:
        Notice.objects.owe(user, EmailChanged, str(change.pk))
    return True


def change_of(notice: Notice) -> EmailChange | None:
    """Return the change that a notice of these kinds is about."""
    return EmailChange.objects.select_related("user").filter(pk=int(notice.subject_key)).first()


def forget_old_changes(now: datetime) -> int:
    """Delete requests that are a week old: addresses are not kept without need. Return how many rows went."""
    return EmailChange.objects.filter(asked_at__lt=now - KEPT_FOR).delete()[0]


def _has_own_address(user: User) -> bool:
    """Return whether the old address is notified: not where it may be a stranger's."""
    return bool(user.email) and not user.has_unconfirmed_address
