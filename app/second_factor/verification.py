"""The second step of a sign-in: a code of the app, a recovery code, or a passkey. How often one may try is limited."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext as _

from app.accounts.models import User
from app.accounts.rate_limit import PER_ADDRESS, PER_NAME, may_try, sender
from app.second_factor.models import Authenticator, Passkey, RecoveryCode
from app.second_factor.notice import Change, notify
from app.second_factor.webauthn import asserted

DIGITS = 6


def may_verify(request: HttpRequest, user: User | None = None) -> bool:
    """Count one try by address and, where it is known whose second step it is, by account."""
    counts = [("second-step.address", sender(request), PER_ADDRESS)]
    counts += [("second-step", str(user.pk), PER_NAME)] if user else []
    return all(may_try(action, who, per_minute=limit) for action, who, limit in counts)


@transaction.atomic
def accept_code(user: User, code: str, *, now: datetime) -> bool:
    """Use up a code of the app, or a recovery code. Return whether it was right, and had not been used."""
    typed = _typed(code)
    if not _is_of_app(typed):
        return _accept_recovery_code(user, typed, now)
    # Locked, so that of two wrong codes at once each is counted, and one of them warns.
    app = Authenticator.objects.select_for_update(no_key=True).filter(user=user).first()
    if app is None or app.is_resting(now):
        return False
    is_right = app.accept(typed, now=now)
    if app.is_resting(now):
        notify(user, Change.WRONG_CODES, now=now)
    return is_right


def why_refused(user: User, code: str, *, now: datetime) -> str:
    """Return what to say about a code that was not accepted."""
    app = Authenticator.objects.of(user)
    if app is not None and app.is_resting(now) and _is_of_app(_typed(code)):
        return _(
            "After too many wrong codes, codes of the app are refused for an hour. "
            "Use a recovery code or a passkey, or wait and try again."
        )
    return _("This code is wrong or was used already.")


def _typed(code: str) -> str:
    return "".join(letter for letter in code if letter.isalnum())


def _is_of_app(typed: str) -> bool:
    return len(typed) == DIGITS and typed.isdecimal()


def _accept_recovery_code(user: User, code: str, now: datetime) -> bool:
    is_right = RecoveryCode.objects.accept(user, code, now=now)
    if is_right:
        notify(user, Change.CODE_USED, now=now)
    return is_right


def accept_passkey(state: Any, answer: str, *, now: datetime, user: User | None = None) -> User | None:
    """Return whose passkey answered the challenge: that of `user`, or anyone's where none is given. None for a wrong answer.

    Without a user the passkey is the whole sign-in, so it must have asked for a PIN, a finger or a face.
    """
    assertion = asserted(state, answer)
    passkeys = Passkey.objects.select_related("user").filter(user__is_active=True)
    passkey = passkeys.filter(credential_id=assertion.credential_id).first() if assertion else None
    if assertion is None or passkey is None:
        return None
    is_enough = assertion.is_user_verified if user is None else passkey.user_id == user.pk
    if not is_enough:
        return None
    if not assertion.is_by(passkey.credential) or not passkey.note_use(assertion.count, now=now):
        return None
    return passkey.user
