"""Another address for an account: the link comes to the new one, the news of it to the one of before."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from django.db import transaction

from app.accounts.models import User
from app.notices.models import AddressChange, Kind, Notice
from app.notices.models.change import KEPT_FOR, password_mark

A_DAY = 3
DAY = timedelta(days=1)
KINDS = frozenset({Kind.MOVE, Kind.MOVING, Kind.MOVED})


class AskedOften(Exception):
    """Another address was asked for three times within a day."""


@transaction.atomic
def ask_move(user: User, email: str, *, now: datetime) -> None:
    """Take the wish down in the place of an earlier one. Raises AskedOften.

    It is the same whether the address is another account's or not: who writes the mail looks, so that nobody can tell here.
    """
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    mine = AddressChange.objects.filter(user=user)
    if mine.filter(asked_at__gt=now - DAY).count() >= A_DAY:
        raise AskedOften
    mine.filter(closed_at=None).update(closed_at=now)
    change = mine.create(old_email=user.email, new_email=email, password_mark=password_mark(user), asked_at=now, user=user)
    Notice.objects.owe(user, Kind.MOVE, str(change.pk))
    if _has_own_address(user):
        Notice.objects.owe(user, Kind.MOVING, str(change.pk))


def _has_own_address(user: User) -> bool:
    """Return whether the address of before is to hear of it: not where a stranger may read there."""
    return bool(user.email) and not user.has_unconfirmed_address


def find(change_id: int, secret: str, *, now: datetime) -> AddressChange | None:
    """Return the wish that a link stands for, while it holds."""
    change = AddressChange.objects.select_related("user").filter(pk=change_id).first()
    if change is None or not secrets.compare_digest(change.secret().encode(), secret.encode(errors="replace")):
        return None
    return change if change.holds(now) else None


@transaction.atomic
def take(change: AddressChange, *, now: datetime) -> bool:
    """Give the account its new address, and tell the one of before. Return whether this link did it: it does so once."""
    user, is_told = change.user, _has_own_address(change.user)
    if not (change.close(now) and user.move_address(change.new_email)):
        return False
    if is_told:
        Notice.objects.owe(user, Kind.MOVED, str(change.pk))
    return True


def change_of(notice: Notice) -> AddressChange | None:
    """Return the wish that a notice of these kinds is about."""
    return AddressChange.objects.select_related("user").filter(pk=int(notice.subject_key)).first()


def address_of(notice: Notice) -> str:
    """Return where a notice goes. Empty where there is no such place any more."""
    if notice.kind not in KINDS:
        return notice.recipient.email
    change = change_of(notice)
    if change is None:
        return ""
    return change.new_email if notice.kind == Kind.MOVE else change.old_email


def may_reach(notice: Notice, *, now: datetime) -> bool:
    """Return whether the link is to go out: it would work, and no one address gets more than three a day, whoever asks."""
    change = change_of(notice)
    if change is None or not change.holds(now):
        return False
    before = AddressChange.objects.filter(new_email__iexact=change.new_email, asked_at__gt=now - DAY, pk__lt=change.pk)
    return before.count() < A_DAY


def forget(now: datetime) -> int:
    """Remove what was asked a week ago: addresses are not kept without need. Return how many rows went."""
    return AddressChange.objects.filter(asked_at__lt=now - KEPT_FOR).delete()[0]
