"""Mastodon's API as documented: links count 23, keys are known or not, edits drop attachments they do not name."""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.social.fake import Answer, Call, FakeNetwork

LINK = re.compile(r"https?://\S+")


class FakeMastodon(FakeNetwork):
    secret = "token-of-ann"
    handle = ""

    def __init__(self, *, knows_keys: bool = True, room: int = 500) -> None:
        super().__init__()
        self.knows_keys, self.room = knows_keys, room
        self.statuses: dict[str, dict[str, Any]] = {}
        self.keys: dict[str, str] = {}
        self.pictures: list[bytes] = []
        self.may_read = True

    def texts(self) -> list[str]:
        return [status["text"] for status in self.statuses.values()]

    def answer(self, call: Call) -> Answer:
        path = urlsplit(call.path).path
        if path == "/api/v2/instance":
            limits = {"max_characters": self.room, "characters_reserved_per_url": 23}
            return Answer(body={"configuration": {"statuses": limits}})
        if self.revoked or call.headers.get("authorization") != f"Bearer {self.secret}":
            return Answer(status=401, body={"error": "The access token was revoked"})
        if path == "/api/v1/accounts/verify_credentials":
            return Answer(body={"id": "1", "username": "ann", "acct": "ann"})
        if path == "/api/v1/accounts/1/statuses":
            return self._list(call) if self.may_read else Answer(status=403, body={"error": "outside the authorized scopes"})
        if path == "/api/v2/media":
            self.pictures.append(call.body)
            return Answer(body={"id": f"m{len(self.pictures)}"})
        return self._status(call, path.removeprefix("/api/v1/statuses").strip("/"))

    def _list(self, call: Call) -> Answer:
        asked = parse_qs(urlsplit(call.path).query)
        before = int(asked.get("max_id", ["999999"])[0])
        newest = sorted(
            (each for each in self.statuses.values() if int(each["id"]) < before), key=lambda each: -int(each["id"])
        )
        return Answer(body=newest[: int(asked["limit"][0])])  # type: ignore[arg-type]

    def _status(self, call: Call, pk: str) -> Answer:
        if call.method == "POST":
            return self._post(call)
        if pk not in self.statuses:
            return Answer(status=404, body={"error": "Record not found"})
        if call.method == "DELETE":
            return Answer(body=self.statuses.pop(pk))
        return self._write(pk, call.fields) if call.method == "PUT" else Answer(body=self.statuses[pk])

    def _post(self, call: Call) -> Answer:
        key = call.headers["idempotency-key"]
        if self.knows_keys and key in self.keys:
            return Answer(body=self.statuses[self.keys[key]])
        pk = str(len(self.keys) + len(self.statuses) + 100)
        self.keys[key] = pk
        return self._write(pk, call.fields)

    def _write(self, pk: str, said: dict[str, Any]) -> Answer:
        text = said["status"]
        if len(LINK.sub("x" * 23, text)) > self.room:
            return Answer(status=422, body={"error": f"Validation failed: Text character limit of {self.room} exceeded"})
        self.put(pk, text, said.get("media_ids", []))
        return Answer(body=self.statuses[pk])

    def put(self, pk: str, text: str, media: list[str] | None = None) -> None:
        """Show a status."""
        linked = LINK.sub(lambda url: f'<a href="{url[0]}"><span class="ellipsis">…</span></a>', html.escape(text))
        self.statuses[pk] = {
            "id": pk,
            "text": text,
            "content": f"<p>{linked}</p>",
            "url": f"{self.url}/@ann/{pk}",
            "created_at": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
            "media_attachments": [{"id": each} for each in media or []],
        }
