"""What six durable effects cost the whole authenticated request that publishes a post, from WSGI to WSGI."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.test import Client, RequestFactory
from django.urls import reverse

from bench import stage
from bench.report import Table, ratios
from bench.timing import Step, Variant, compare

CSRF = "c" * 64


class Browser:
    """Somebody who is signed in, and sends requests to the application as a server does."""

    def __init__(self) -> None:
        client = Client()
        client.force_login(stage.author())
        session = client.cookies[settings.SESSION_COOKIE_NAME].value
        cookies = f"{settings.SESSION_COOKIE_NAME}={session}; {settings.CSRF_COOKIE_NAME}={CSRF}"
        self.factory = RequestFactory(
            SERVER_NAME="127.0.0.1", HTTP_COOKIE=cookies, HTTP_X_CSRFTOKEN=CSRF, HTTP_ORIGIN=settings.SITE_URL
        )
        self.application = WSGIHandler()

    def fresh(self) -> Step:
        with stage.quiet():
            url = reverse("studio:publication", args=[stage.draft().pk])
        environ = self.factory.post(url, secure=True).environ

        def step() -> None:
            response: Any = self.application(environ, _answered)
            response.close()
            assert response["Location"].endswith("/effects/"), response.status_code

        return step


def _answered(status: str, headers: Any, failure: Any = None, /) -> Callable[[bytes], object]:
    return len


def run(scale: float) -> list[Table]:
    owed = stage.effects_per_publication()
    board = stage.Switchboard()
    browser = Browser()
    variants = [
        Variant("the request, switchboard disconnected", browser.fresh, board.off),
        Variant(f"{owed} effects in the ledger, waker rings", browser.fresh, board.on),
        Variant(f"on_commit + {stage.EFFECTS} x delay(), plain Celery", browser.fresh, board.plain),
    ]
    try:
        compare(variants, count=int(240 * scale))
    finally:
        board.on()
    return [ratios("Publish as a whole request: sign-in, view, transaction, redirect", variants)]
