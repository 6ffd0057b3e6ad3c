"""An invitation is accepted: by a new account, or by one that exists."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Value
from django.db.models.functions import Lower

from app.accounts.models import RegisteredVia, Role, TeamRole, User
from app.log.acting import SITE, acting
from app.log.actions import Action
from app.log.models import Entry
from app.mail.addresses import same_address
from app.team.errors import InvitationClosed
from app.team.models import Invitation, Outcome

RANK = (Role.READER, Role.CONTRIBUTOR, Role.AUTHOR, Role.EDITOR, TeamRole.ADMINISTRATOR)


@transaction.atomic
def accept_as_new(invitation: Invitation, *, username: str, password: str, now: datetime) -> User:
    """Make an account with the role. Raises InvitationClosed, and ValidationError by field.

    The link came to this address, which proves it.
    """
    user = User.objects.register(
        username, invitation.email, password, registered_via=RegisteredVia.ADMIN, email_confirmed_at=now
    )
    _accept(invitation, user, now)
    return user


@transaction.atomic
def accept_as(invitation: Invitation, user: User, *, now: datetime) -> None:
    """Give the role to an account. Raises InvitationClosed. One that has a higher role keeps it."""
    _accept(invitation, user, now)
    if same_address(user.email, invitation.email):
        user.confirm_address(user.email)


def accept_without_password(username: str, email: str, now: datetime) -> User | None:
    """Make the account of an open invitation to this address, which a provider has verified. None where there is none."""
    alike = Invitation.objects.alias(address=Lower("email")).filter(address=Lower(Value(email)), closed_at=None).order_by("pk")
    invitation = next((each for each in alike if same_address(each.email, email) and each.is_valid(now)), None)
    try:
        return _make_account(invitation, username, now) if invitation else None
    except InvitationClosed:  # withdrawn meanwhile
        return None


@transaction.atomic
def _make_account(invitation: Invitation, username: str, now: datetime) -> User:
    user = User.objects.register_without_password(
        username, invitation.email, registered_via=RegisteredVia.ADMIN, email_confirmed_at=now
    )
    _accept(invitation, user, now)
    return user


def has_account(invitation: Invitation) -> bool:
    """Return whether an account has the invited address. Only to be said to one who holds the link."""
    alike = User.objects.alias(address=Lower("email")).filter(address=Lower(Value(invitation.email)))
    return any(same_address(email, invitation.email) for email in alike.values_list("email", flat=True))


def _accept(invitation: Invitation, user: User, now: datetime) -> None:
    invitation.close(Outcome.ACCEPTED, now, accepted_by=user)
    if RANK.index(invitation.role) > RANK.index(user.team_role):
        user.change_team_role(invitation.role)
    with acting(user.pk, SITE):
        Entry.objects.note(Action.TEAM_ACCEPTED, invitation, role=invitation.role)
