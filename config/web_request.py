"""What the web worker adds to waitress's requests: limits of size and time, an end to connections, gunicorn's access log."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from copy import copy
from datetime import datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from django.conf import settings
from waitress.parser import HTTPRequestParser
from waitress.task import WSGITask
from waitress.utilities import Error

from config import env

if TYPE_CHECKING:
    from config.web_worker import WaitressWorker

MEGABYTE = 2**20
LARGEST_BODY = 32 * MEGABYTE
LARGEST_OF_A_STRANGER = MEGABYTE
LARGEST_IMPORT = (env.read().import_max_mb + 1) * MEGABYTE
TOGETHER = LARGEST_IMPORT + 4 * LARGEST_BODY
STRANGERS_TOGETHER = 64 * MEGABYTE
"""Of all bodies that a worker keeps at a time, and of those from requests with neither a session nor a token."""
COUNTED = 64 * 1024
"""Smaller bodies are let in however many there are: readers' forms must work beside uploads."""
IMPORTS = ("/studio/import/", "/api/v1/imports")
HEADERS_WITHIN, BODY_WITHIN = 30.0, 60.0
"""Seconds for the headers, and for a body beside the time that it takes at SLOWEST bytes a second."""
SLOWEST = 1024


class NoRoom(Error):  # type: ignore[misc]
    """Too many large bodies are on their way at once; this one may come later."""

    code = 503
    reason = "Service Unavailable"

    def to_response(self, ident: str | None = None) -> tuple[str, list[tuple[str, str]], bytes]:
        status, headers, body = super().to_response(ident)
        return status, [*headers, ("Retry-After", "60")], body


class Request(HTTPRequestParser):  # type: ignore[misc]
    """Bounded before anything of the body is kept: only an import may be large, and only what names a session or a token.

    Whether these are good is for the site to say. Until then all bodies together are bounded too.
    """

    others: Callable[[], Iterable[Request]] = staticmethod(lambda: ())
    """Returns the requests that are on their way to the same worker."""

    def __init__(self, adj: Any) -> None:
        super().__init__(adj)
        self.adj: Any = adj
        self.began = time.monotonic()
        self.is_strange = True
        self.size = 0

    def parse_header(self, header_plus: bytes) -> None:
        super().parse_header(header_plus)
        self.is_strange = not self._names_someone()
        limit = LARGEST_OF_A_STRANGER if self.is_strange else LARGEST_IMPORT if self._is_import() else LARGEST_BODY
        self.adj = copy(self.adj)
        self.adj.max_request_body_size = limit
        size = limit if self.chunked else int(self.headers.get("CONTENT_LENGTH") or 0)
        if COUNTED < size < limit + self.chunked and not self._has_room(size):
            self.error = NoRoom("too many uploads at once; try again in a minute")
            self.body_rcv, self.content_length = None, 0
        else:
            self.size = min(size, limit)

    def _names_someone(self) -> bool:
        return "AUTHORIZATION" in self.headers or f"{settings.SESSION_COOKIE_NAME}=" in self.headers.get("COOKIE", "")

    def _is_import(self) -> bool:
        return bool(self.path.startswith(IMPORTS))

    def _has_room(self, size: int) -> bool:
        strangers = others = 0
        for request in self.others():
            strangers += request.size if request.is_strange else 0
            others += 0 if request.is_strange else request.size
        return size <= (STRANGERS_TOGETHER - strangers if self.is_strange else TOGETHER - others)

    def is_too_slow(self) -> bool:
        """Return whether it has taken longer to arrive than any honest client needs."""
        limit = BODY_WITHIN + self.body_bytes_received / SLOWEST if self.headers_finished else HEADERS_WITHIN
        return time.monotonic() - self.began > limit


class Task(WSGITask):  # type: ignore[misc]
    """One request in a thread."""

    worker: WaitressWorker

    def service(self) -> None:
        began = datetime.now()  # noqa: DTZ005 - gunicorn's log asks for a difference only
        self.worker.count()
        super().service()
        if self.worker.log.access_log_enabled:
            self._log(datetime.now() - began)  # noqa: DTZ005

    def build_response_header(self) -> bytes:
        if not self.worker.alive:
            # As if the client had asked for it: WSGI forbids the answer to bring such a header.
            self.request.headers["CONNECTION"] = "close"
        return bytes(super().build_response_header())

    def _log(self, took: Any) -> None:
        environ = {**self.get_environment(), "RAW_URI": self.request.request_uri}
        headers = [(name.replace("_", "-"), value) for name, value in self.request.headers.items()]
        sent = self.content_bytes_written or self.content_length or 0
        answer = SimpleNamespace(status=self.status, headers=self.response_headers, sent=sent)
        self.worker.log.access(answer, SimpleNamespace(headers=headers), environ, took)
