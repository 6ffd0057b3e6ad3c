"""What a session knows of the sign-in: whose second step is missing, that it was taken, and when its owner was last asked."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.signals import user_logged_in
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac

from app.accounts.models import User

PENDING, VERIFIED, CONFIRMED, VOUCHED = "second_step", "second_factor", "confirmed_at", "second_factor_elsewhere"
PENDING_FOR = timedelta(minutes=10)
CONFIRMED_FOR = timedelta(minutes=10)


def connect() -> None:
    user_logged_in.connect(note_sign_in, dispatch_uid="second_factor.note_sign_in")


def note_sign_in(sender: object, request: HttpRequest | None, **kwargs: Any) -> None:
    if request is not None and hasattr(request, "session"):
        confirm(request)


def begin(request: HttpRequest, user: User, next_url: str) -> None:
    """Keep who gave the right password, and where they were going, until the second step. No one is signed in by that."""
    request.session.cycle_key()
    now = timezone.now()
    request.session[PENDING] = {"user": user.pk, "mark": _mark(user), "at": now.timestamp(), "next": next_url}


def pending(request: HttpRequest) -> User | None:
    """Return whose second step is missing. None after ten minutes, and where the password was changed or the account closed."""
    kept = request.session.get(PENDING)
    if not kept or _age(kept["at"]) > PENDING_FOR:
        return None
    user = User.objects.filter(pk=kept["user"], is_active=True).first()
    return user if user and constant_time_compare(kept["mark"], _mark(user)) else None


def complete(request: HttpRequest, user: User) -> str:
    """Sign in after the second step, in a new session. Return where the person was going; "" where that is not known."""
    kept = request.session.pop(PENDING, None) or {}
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    request.session.cycle_key()  # Django does not where the same person was signed in before
    request.session[VERIFIED] = timezone.now().timestamp()
    return str(kept.get("next", ""))


def verify(request: HttpRequest) -> None:
    """Note that the person at this session has just proved a second factor."""
    request.session[VERIFIED] = timezone.now().timestamp()
    confirm(request)


def is_verified(request: HttpRequest) -> bool:
    return VERIFIED in request.session


def vouch(request: HttpRequest) -> None:
    """Note that the service that signed the person in asked for a second factor, and is trusted with that."""
    request.session[VOUCHED] = timezone.now().timestamp()


def is_vouched(request: HttpRequest) -> bool:
    """Return whether one did, and the operator still trusts it with that."""
    return VOUCHED in request.session and bool(settings.OIDC_ISSUER and settings.OIDC_SECOND_FACTOR)


def forget(request: HttpRequest) -> None:
    """Drop the note of a second factor: it is not there any more."""
    request.session.pop(VERIFIED, None)


def confirm(request: HttpRequest) -> None:
    """Note that the person at this session has just been asked for the password, or for what replaces it."""
    request.session[CONFIRMED] = timezone.now().timestamp()


def unconfirm(request: HttpRequest) -> None:
    """Drop that note, which each sign-in makes: at this one they were asked for nothing."""
    request.session.pop(CONFIRMED, None)


def is_confirmed(request: HttpRequest) -> bool:
    """Return whether that was a short while ago: an open session alone must not change how one signs in."""
    return CONFIRMED in request.session and _age(request.session[CONFIRMED]) <= CONFIRMED_FOR


def _age(at: float) -> timedelta:
    return timezone.now() - datetime.fromtimestamp(at, tz=timezone.get_default_timezone())


def _mark(user: User) -> str:
    """Return what changes with the password, and does not reveal its hash."""
    return salted_hmac("second_factor.pending", user.get_session_auth_hash(), algorithm="sha256").hexdigest()
