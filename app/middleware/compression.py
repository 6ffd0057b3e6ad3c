"""Pages, feeds, style sheets and the API's answers are compressed, also where no proxy does it."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from whitenoise.middleware import WhiteNoiseFileResponse

TEXT = ("text/", "application/json", "application/xml", "application/rss+xml", "application/atom+xml", "application/feed+json")


class CompressText(GZipMiddleware):
    """Django's, which pads each answer at random (BREACH), for texts only: it would also compress pictures and downloads."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if not response.headers.get("Content-Type", "").startswith(TEXT):
            return response
        if response.streaming and not _is_whole_source_file(response):
            return response
        return super().process_response(request, response)


def _is_whole_source_file(response: HttpResponseBase) -> bool:
    """Return whether it is a static file from where it is written: collectstatic compresses those of an installation."""
    served = isinstance(response, WhiteNoiseFileResponse) and response.status_code == 200  # not a part of it
    return served and bool(settings.WHITENOISE_USE_FINDERS)
