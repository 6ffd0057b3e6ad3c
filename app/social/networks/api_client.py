"""A line to an API: one budget of seconds for all calls of a try."""

import json
import time
from collections.abc import Mapping
from typing import Any

from app.outbound import http
from app.outbound.errors import NoReply
from app.outbound.http import Reply
from app.social.networks.outcomes import Declined, InDoubt, Silent

SECONDS = 25.0  # the effect has 30
AT_MOST = 12.0


class ApiClient:
    """Calls below one address, with our token."""

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint.rstrip("/")
        self._until = time.monotonic() + SECONDS

    def call(
        self,
        method: str,
        path: str,
        *,
        token: str = "",
        body: Any = None,
        content: bytes = b"",
        headers: Mapping[str, str] | None = None,
        acts: bool = False,
    ) -> Reply:
        """Return the answer. Raises Unreachable, Declined, and InDoubt where a call that acts has none."""
        sent = {"Accept": "application/json", **(headers or {})}
        if token:
            sent["Authorization"] = f"Bearer {token}"
        if body is not None:
            sent["Content-Type"], content = "application/json", json.dumps(body, ensure_ascii=False).encode()
        try:
            return http.request(method, self._endpoint + path, headers=sent, content=content, seconds=self._left())
        except NoReply as error:
            raise InDoubt(str(error)) if acts else Silent(str(error)) from None

    def _left(self) -> float:
        """Return the seconds that the next call may take. Raises Declined before anything is sent."""
        left = self._until - time.monotonic()
        if left <= 1:
            raise Declined("the earlier calls took too long")
        return min(left, AT_MOST)
