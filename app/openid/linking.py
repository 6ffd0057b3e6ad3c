"""Which account a person of the provider has here. What was linked once is found by issuer and subject, never by an address."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Value
from django.db.models.functions import Lower

from app.accounts.models import User
from app.log.acting import SITE, acting
from app.log.actions import Action
from app.log.models import Entry
from app.mail.addresses import same_address
from app.openid import newcomers
from app.openid.errors import LastWayIn, LinkedAlready, LinkedElsewhere, NotLinked
from app.openid.models import Identity
from app.openid.person import Person
from app.second_factor.notice import Change, notify


@transaction.atomic
def account_of(person: Person, *, now: datetime) -> User | None:
    """Return whose account it opens; one by its address, invited or new where the operator allows that. None: no account."""
    known = Identity.objects.select_related("user").filter(issuer=person.issuer, subject=person.subject).first()
    if known is not None:
        Identity.objects.filter(pk=known.pk).update(last_used_at=now)
        return known.user if known.user.is_active else None
    user = _by_address(person, now) if person.email else None
    if user is not None:
        with acting(user.pk, SITE):
            _link(user, person, now)
    return user


@transaction.atomic
def link(user: User, person: Person, *, now: datetime) -> None:
    """Let it sign the user in from now on. Safe to do twice. Raises LinkedElsewhere, LinkedAlready."""
    _lock(user)
    mine = Identity.objects.filter(issuer=person.issuer, user=user).first()
    if mine is not None and mine.subject == person.subject:
        return
    if mine is not None:
        raise LinkedAlready
    try:
        with transaction.atomic():
            _link(user, person, now)
    except IntegrityError:  # the subject has a row, of someone else
        raise LinkedElsewhere from None


@transaction.atomic
def unlink(user: User, identity_id: int, *, now: datetime) -> None:
    """Let it sign in no more, and end what it may have opened: sessions and API tokens. Raises NotLinked, LastWayIn."""
    _lock(user)
    if not Identity.objects.filter(user=user, pk=identity_id).delete()[0]:
        raise NotLinked
    if not user.has_usable_password() and not Identity.objects.filter(user=user, issuer=settings.OIDC_ISSUER).exists():
        raise LastWayIn
    user.end_sessions()
    user.revoke_tokens()
    Entry.objects.note(Action.ACCOUNT_UNLINKED, user)
    notify(user, Change.UNLINKED, now=now)


def _by_address(person: Person, now: datetime) -> User | None:
    """Return an account with this address."""
    user = User.objects.alias(address=Lower("email")).filter(address=Lower(Value(person.email))).first()
    if user is None:
        return newcomers.admitted(person, now)
    return user if settings.OIDC_LINK_BY_EMAIL and _may_link(user, person) else None


def _may_link(user: User, person: Person) -> bool:
    """Return whether the address alone opens the account. One that was never confirmed may be a stranger's.

    Without a password it must be one that a provider signs in already: an operator may have taken the password away.
    """
    issuers = set(user.identities.values_list("issuer", flat=True))
    has_way_in = user.has_usable_password() or bool(issuers)
    is_theirs = same_address(user.email, person.email) and not user.has_unconfirmed_address
    return user.is_active and is_theirs and has_way_in and person.issuer not in issuers


def _link(user: User, person: Person, now: datetime) -> None:
    Identity.objects.create(user=user, issuer=person.issuer, subject=person.subject, created_at=now)
    Entry.objects.note(Action.ACCOUNT_LINKED, user)
    notify(user, Change.LINKED, now=now)


def _lock(user: User) -> None:
    """Two changes of one person's sign-in at once come one after the other."""
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
