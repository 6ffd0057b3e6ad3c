"""Each sign-in, and each that was refused, as a line of the log: who by id, and by which page. No name, address or secret."""

from __future__ import annotations

import logging
from typing import Any

from django.contrib.auth.signals import user_logged_in, user_login_failed
from django.http import HttpRequest

from app.accounts.models import User

logger = logging.getLogger("sign_in")


def connect() -> None:
    user_logged_in.connect(_signed_in, dispatch_uid="accounts.sign_in_log.accepted")
    user_login_failed.connect(_wrong_password, dispatch_uid="accounts.sign_in_log.refused")


def accepted(request: HttpRequest | None, user_id: int) -> None:
    logger.info("sign_in.accepted", extra={"user": user_id, "by": _by(request)})


def refused(request: HttpRequest | None, reason: str, *, user_id: int | None = None) -> None:
    """Log one. `reason` is a constant; `user_id` is whose account it was about, where that is known."""
    logger.warning("sign_in.refused", extra={"reason": reason, "user": user_id, "by": _by(request)})


def _signed_in(sender: object, request: HttpRequest | None, user: User, **kwargs: Any) -> None:
    accepted(request, user.pk)


def _wrong_password(sender: object, credentials: dict[str, Any], request: HttpRequest | None, **kwargs: Any) -> None:
    # What was typed is not logged: it may be an address, or the password. One query, whether the name is known or not.
    name = str(credentials.get("username", ""))
    user_id = None if "\0" in name else User.objects.filter(username=name).values_list("pk", flat=True).first()
    refused(request, "password", user_id=user_id)


def _by(request: HttpRequest | None) -> str:
    """Return the name of the page, such as `login` or `second_step`."""
    match = request.resolver_match if request is not None else None
    return match.view_name if match else ""
