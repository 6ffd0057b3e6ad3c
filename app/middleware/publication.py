"""Pages speak the language of the publication, and show its times."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation

from app.site.current import site

GetResponse = Callable[[HttpRequest], HttpResponse]
# Programs ask for these, also while the database does not answer.
PLAIN = ("/healthz", "/readyz", "/metrics")


def publication(get_response: GetResponse) -> GetResponse:
    """Middleware: activate the language and the time zone that are set, for this request."""

    def respond(request: HttpRequest) -> HttpResponse:
        if request.path in PLAIN:
            return get_response(request)
        here = site()
        with _speaking(here.language), timezone.override(here.zone):
            response = get_response(request)
        if not here.is_indexed:
            response["X-Robots-Tag"] = "noindex"
        return response

    return respond


def _speaking(language: str) -> AbstractContextManager[object]:
    """Activate the language, unless every thread speaks it anyway."""
    return nullcontext() if language == settings.LANGUAGE_CODE else translation.override(language)
