"""The conformance suite's Bluesky with the server of $BLUESKY_PDS behind it: `pytest -p tests.faults.real_bluesky`.

The faults stay where they were, on the line between: what the suite lets through is answered by the server.
"""

from __future__ import annotations

import json
import os
import secrets
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.social.fake import Answer, Call
from tests.social.fake_bluesky import FakeBluesky

COLLECTION = "app.bsky.feed.post"


def pytest_collection_finish(session: pytest.Session) -> None:
    for item in session.items:
        module = item.getparent(pytest.Module)
        if module and hasattr(module.obj, "FakeBluesky"):
            module.obj.FakeBluesky = RealBluesky


class RealBluesky(FakeBluesky):
    """An account of its own on the server. Hands on every call; a revoked one is handed on with credentials that are wrong."""

    def __init__(self) -> None:
        super().__init__()
        self.handle = f"t{secrets.token_hex(6)}.test"
        password = secrets.token_hex(12)
        account = {"email": f"{self.handle}@example.org", "handle": self.handle, "password": password}
        made = self.ask("POST", "com.atproto.server.createAccount", account)
        self.did, self.token = made["did"], made["accessJwt"]
        self.secret = self.ask("POST", "com.atproto.server.createAppPassword", {"name": "afterword"})["password"]

    def answer(self, call: Call) -> Answer:
        headers = {name: call.headers[name] for name in ("content-type", "authorization") if name in call.headers}
        body = call.body
        if self.revoked:
            headers |= {"authorization": "Bearer wrong"} if "authorization" in headers else {}
            body = body.replace(self.secret.encode(), b"wrong-wrong-wrong-wrong")
        status, said = self._hand_on(call.method, call.path, body, headers)
        return Answer(status=status, body=said)

    def texts(self) -> list[str]:
        return [each["value"]["text"] for each in self.listed()]

    def listed(self) -> list[dict[str, Any]]:
        """Return the account's posts as the server lists them."""
        found = self.ask("GET", f"com.atproto.repo.listRecords?repo={self.did}&collection={COLLECTION}")
        records: list[dict[str, Any]] = found["records"]
        return records

    def revision(self) -> str:
        """Return the name of the account's latest commit."""
        return str(self.ask("GET", f"com.atproto.sync.getLatestCommit?did={self.did}")["rev"])

    def ask(self, method: str, name: str, said: dict[str, Any] | None = None) -> dict[str, Any]:
        """Ask beside the line, as the account's owner."""
        headers = {"content-type": "application/json"} if said else {}
        if token := getattr(self, "token", ""):
            headers["authorization"] = f"Bearer {token}"
        status, body = self._hand_on(method, f"/xrpc/{name}", json.dumps(said).encode() if said else b"", headers)
        assert status == 200, (name, status, body)
        return body

    def _hand_on(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, dict[str, Any]]:
        parts = urlsplit(os.environ["BLUESKY_PDS"])
        line = HTTPConnection(parts.hostname or "localhost", parts.port, timeout=30)
        try:
            line.request(method, path, body or None, headers)
            reply = line.getresponse()
            said: dict[str, Any] = json.loads(reply.read() or b"{}")
            return reply.status, said
        finally:
            line.close()
