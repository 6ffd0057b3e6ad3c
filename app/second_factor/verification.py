"""The second step of a sign-in: a code of the app, a recovery code, or a passkey. How often one may try is limited."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.http import HttpRequest

from app.accounts.models import User
from app.accounts.rate_limit import PER_ADDRESS, PER_NAME, may_try, sender
from app.second_factor.models import Authenticator, Passkey, RecoveryCode
from app.second_factor.models.authenticator import WRONG_IN_A_ROW
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
    typed = "".join(letter for letter in code if letter.isalnum())
    if len(typed) != DIGITS or not typed.isdecimal():
        return _accept_recovery_code(user, typed, now)
    app = Authenticator.objects.of(user)
    if app is None:
        return False
    is_right = app.accept(typed, now=now)
    if not is_right and app.wrong_in_a_row + 1 == WRONG_IN_A_ROW:
        notify(user, Change.WRONG_CODES, now=now)
    return is_right


def _accept_recovery_code(user: User, code: str, now: datetime) -> bool:
    is_right = RecoveryCode.objects.accept(user, code, now=now)
    if is_right:
        notify(user, Change.CODE_USED, now=now)
    return is_right


def accept_passkey(state: Any, answer: str, *, now: datetime, user: User | None = None) -> User | None:
    """Return whose passkey answered the challenge: that of `user`, or anyone's where none is given. None for a wrong answer."""
    assertion = asserted(state, answer)
    passkeys = Passkey.objects.select_related("user").filter(user__is_active=True)
    passkey = passkeys.filter(credential_id=assertion.credential_id).first() if assertion else None
    if assertion is None or passkey is None or (user is not None and passkey.user_id != user.pk):
        return None
    if not assertion.is_by(passkey.credential) or not passkey.note_use(assertion.count, now=now):
        return None
    return passkey.user
