"""Pages, feeds and the API's answers are compressed, also where no proxy does it."""

from __future__ import annotations

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware

TEXT = ("text/", "application/json", "application/xml", "application/rss+xml", "application/atom+xml", "application/feed+json")


class CompressText(GZipMiddleware):
    """Django's, which pads each answer at random (BREACH), for texts only: it would also compress pictures and downloads."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if response.streaming or not response.headers.get("Content-Type", "").startswith(TEXT):
            return response
        return super().process_response(request, response)
