"""A name for each request: in its log lines, in its answer, and on every effect that follows from it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from uuid import uuid4

from django.http import HttpRequest, HttpResponse

from owed import current, origin

GetResponse = Callable[[HttpRequest], HttpResponse]
HEADER = "X-Request-ID"
SIZE = 16
PREFIX = "request:"


def request_id(get_response: GetResponse) -> GetResponse:
    """Middleware: name the request. What a client calls it is not believed: two would share a name."""

    def answer(request: HttpRequest) -> HttpResponse:
        name = uuid4().hex[:SIZE]
        with origin.said(PREFIX + name):
            response = get_response(request)
        response[HEADER] = name
        return response

    return answer


class RequestIds(logging.Filter):
    """Adds to what is logged the request that began it, and in a worker the effect and its attempt."""

    def filter(self, record: logging.LogRecord) -> bool:
        began, running = origin.current(), current()
        if began.startswith(PREFIX):
            record.request_id = began.removeprefix(PREFIX)
        if running and not hasattr(record, "effect"):
            record.effect, record.attempt = running.key, running.attempt
        return True
