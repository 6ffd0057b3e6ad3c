"""A person's second factor is set up, taken away, reset. Each change has its entry in the log and owes its owner a mail."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction

from app.accounts.models import User
from app.log.actions import Action
from app.log.models import Entry
from app.second_factor.errors import AlreadyOn, NameTaken, NotSetUp, PasskeyRefused, SecondFactorNeeded, WrongCode
from app.second_factor.models import Authenticator, Passkey, RecoveryCode
from app.second_factor.models.authenticator import step_of
from app.second_factor.notice import Change, notify
from app.second_factor.status import has_second_factor
from app.second_factor.webauthn import Registered


@transaction.atomic
def add_app(user: User, secret: str, code: str, *, now: datetime) -> list[str]:
    """Ask for the app's codes from now on. Return recovery codes, where it is the first factor. Raises WrongCode, AlreadyOn."""
    step, is_first = step_of(secret, code, now=now), _is_first(user)
    if step is None:
        raise WrongCode
    try:
        with transaction.atomic():
            Authenticator.objects.turn_on(user, secret, step=step)
    except IntegrityError:
        raise AlreadyOn from None
    return _added(user, Change.APP_ON, is_first, now)


@transaction.atomic
def add_passkey(user: User, registered: Registered, name: str, *, now: datetime) -> list[str]:
    """Let the passkey sign in. Return recovery codes, where it is the first factor. Raises NameTaken, PasskeyRefused."""
    is_first = _is_first(user)
    if Passkey.objects.filter(user=user, name=name).exists():
        raise NameTaken
    try:
        with transaction.atomic():
            Passkey.objects.create(user=user, name=name, **registered.fields())
    except IntegrityError:  # the same key is registered already
        raise PasskeyRefused from None
    return _added(user, Change.PASSKEY_ON, is_first, now)


@transaction.atomic
def remove_app(user: User, *, now: datetime) -> None:
    """Ask for the app's codes no more. Raises NotSetUp, SecondFactorNeeded."""
    _lock(user)
    if not Authenticator.objects.filter(user=user).delete()[0]:
        raise NotSetUp
    _removed(user, Change.APP_OFF, now)


@transaction.atomic
def remove_passkey(user: User, passkey_id: int, *, now: datetime) -> None:
    """Let the passkey sign in no more. Raises NotSetUp, SecondFactorNeeded."""
    _lock(user)
    if not Passkey.objects.filter(user=user, pk=passkey_id).delete()[0]:
        raise NotSetUp
    _removed(user, Change.PASSKEY_OFF, now)


@transaction.atomic
def renew_codes(user: User, *, now: datetime) -> list[str]:
    """Return new recovery codes, in place of all earlier ones. Raises NotSetUp."""
    _lock(user)
    if not has_second_factor(user):
        raise NotSetUp
    Entry.objects.note(Action.ACCOUNT_CODES_RENEWED, user)
    notify(user, Change.CODES, now=now)
    return RecoveryCode.objects.renew(user)


@transaction.atomic
def reset(user: User, *, now: datetime) -> None:
    """Take away all that the user signs in with beside the password, and end their sessions. Raises NotSetUp."""
    _lock(user)
    # Someone else may have linked an account of theirs. Where there is no password, it is the only way in and stays.
    links = user.identities.all() if user.has_usable_password() else user.identities.none()
    if not has_second_factor(user) and not links.exists():
        raise NotSetUp
    for model in (Authenticator, Passkey, RecoveryCode):
        model._default_manager.filter(user=user).delete()
    if links.delete()[0]:
        Entry.objects.note(Action.ACCOUNT_UNLINKED, user)
    user.end_sessions()
    Entry.objects.note(Action.TEAM_FACTOR_RESET, user)
    notify(user, Change.RESET, now=now)


def _is_first(user: User) -> bool:
    _lock(user)
    return not has_second_factor(user)


def _lock(user: User) -> None:
    """Two changes of one person's factors at once come one after the other."""
    User.objects.select_for_update(no_key=True).get(pk=user.pk)


def _added(user: User, change: Change, is_first: bool, now: datetime) -> list[str]:
    Entry.objects.note(Action.ACCOUNT_FACTOR_ADDED, user, kind=change.value)
    notify(user, change, now=now)
    if not is_first:
        return []
    # Someone else who knows the password may be signed in or have a token: only the session of this page goes on.
    user.end_sessions()
    user.revoke_tokens()
    return RecoveryCode.objects.renew(user)


def _removed(user: User, change: Change, now: datetime) -> None:
    is_last = not has_second_factor(user)
    if is_last and user.needs_second_factor:
        raise SecondFactorNeeded
    if is_last:
        RecoveryCode.objects.filter(user=user).delete()
    Entry.objects.note(Action.ACCOUNT_FACTOR_REMOVED, user, kind=change.value)
    notify(user, change, now=now)
