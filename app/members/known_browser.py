"""A browser in which the owner of a name was signed in before: guesses from elsewhere do not lock it out."""

from __future__ import annotations

import secrets

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

KNOWN, KNOWN_FOR = "known", 365 * 86_400


def known(request: HttpRequest, name: str) -> str:
    """Return what names the browser, where the last to sign in with it was the owner of the name."""
    return str(request.get_signed_cookie(KNOWN, "", salt=name.lower(), max_age=KNOWN_FOR))


def remember(response: HttpResponse, name: str) -> None:
    """Let the browser be known again. It does not reveal whose it is, and is sent to the pages of the sign-in only."""
    response.set_signed_cookie(
        KNOWN,
        secrets.token_urlsafe(16),
        salt=name.lower(),
        max_age=KNOWN_FOR,
        path=reverse("login"),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
