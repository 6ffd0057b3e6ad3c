"""What the web worker adds to waitress's requests: limits of size and time, an end to connections, gunicorn's access log."""

from __future__ import annotations

import time
from copy import copy
from datetime import datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from waitress.parser import HTTPRequestParser
from waitress.task import WSGITask

from config import env

if TYPE_CHECKING:
    from config.web_worker import WaitressWorker

MEGABYTE = 2**20
LARGEST_BODY = 32 * MEGABYTE
LARGEST_IMPORT = (env.read().import_max_mb + 1) * MEGABYTE
IMPORTS = ("/studio/import/", "/api/v1/imports")
HEADERS_WITHIN, BODY_WITHIN = 30.0, 60.0
"""Seconds for the headers, and for a body beside the time that it takes at SLOWEST bytes a second."""
SLOWEST = 1024


class Request(HTTPRequestParser):  # type: ignore[misc]
    """Bounded before anything of the body is kept: only an import may be large."""

    def __init__(self, adj: Any) -> None:
        super().__init__(adj)
        self.adj: Any = adj
        self.began = time.monotonic()

    def parse_header(self, header_plus: bytes) -> None:
        super().parse_header(header_plus)
        self.adj = copy(self.adj)
        self.adj.max_request_body_size = LARGEST_IMPORT if self.path.startswith(IMPORTS) else LARGEST_BODY

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
