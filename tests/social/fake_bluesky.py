"""A PDS as the real one answered when it was tried: putRecord twice is one record, keys are TIDs, tokens run out."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.social.fake import Answer, Call, FakeNetwork

TID = re.compile(r"[234567abcdefghij][234567a-z]{12}")
KIND = "image/jpeg"
DID = "did:plc:fakefakefakefakefakefake"


class FakeBluesky(FakeNetwork):
    secret = "abcd-efgh-ijkl-mnop"
    handle = "ann.test"

    def __init__(self) -> None:
        super().__init__()
        self.records: dict[str, dict[str, Any]] = {}
        self.commits = self.sessions = 0
        self.access: set[str] = set()
        self.refresh: set[str] = set()
        self.blobs: list[bytes] = []

    def texts(self) -> list[str]:
        return [record["text"] for record in self.records.values()]

    def answer(self, call: Call) -> Answer:
        name = urlsplit(call.path).path.removeprefix("/xrpc/")
        token = call.headers.get("authorization", "").removeprefix("Bearer ")
        if name == "com.atproto.server.createSession":
            known = call.json == {"identifier": self.handle, "password": self.secret} and not self.revoked
            return self._session() if known else _no(401, "AuthenticationRequired", "Invalid identifier or password")
        if name == "com.atproto.server.refreshSession":
            return self._session() if token in self.refresh else _no(400, "ExpiredToken")
        if token not in self.access or self.revoked:
            return _no(400, "ExpiredToken")
        if name == "com.atproto.repo.uploadBlob":
            self.blobs.append(call.body)
            ref = hashlib.sha256(call.body).hexdigest()
            return Answer(body={"blob": {"$type": "blob", "ref": {"$link": ref}, "size": len(call.body), "mimeType": KIND}})
        return self._repo(name, call)

    def expire(self, *, both: bool = False) -> None:
        """Let the tokens run out."""
        self.access.clear()
        if both:
            self.refresh.clear()

    def _session(self) -> Answer:
        self.sessions += 1
        access, refresh = _token(f"access-{self.sessions}"), _token(f"refresh-{self.sessions}")
        self.access.add(access)
        self.refresh.add(refresh)
        return Answer(body={"did": DID, "handle": self.handle, "accessJwt": access, "refreshJwt": refresh})

    def _repo(self, name: str, call: Call) -> Answer:
        said = (
            call.json if call.method == "POST" else {key: each[0] for key, each in parse_qs(urlsplit(call.path).query).items()}
        )
        rkey = said["rkey"]
        if not TID.fullmatch(rkey) or said["repo"] != DID:
            return _no(400, "InvalidRequest", "Invalid TID string")
        if name == "com.atproto.repo.putRecord":
            return self._put(rkey, said["record"])
        if name == "com.atproto.repo.deleteRecord":
            self.records.pop(rkey, None)
            return Answer(body={})
        if name == "com.atproto.repo.getRecord" and rkey in self.records:
            return Answer(body={"uri": _uri(rkey), "value": self.records[rkey]})
        return _no(400, "RecordNotFound")

    def _put(self, rkey: str, record: dict[str, Any]) -> Answer:
        if len(record["text"].encode()) > 3000:
            return _no(400, "InvalidRequest", "too long")
        self.commits += self.records.get(rkey) != record
        self.records[rkey] = record
        return Answer(body={"uri": _uri(rkey), "cid": hashlib.sha256(json.dumps(record).encode()).hexdigest()})


def _token(name: str) -> str:
    """Return a token of the form that vendors' clients look into: a JWT that holds until 2100."""
    parts = ({"typ": "at+jwt", "alg": "HS256"}, {"sub": DID, "jti": name, "exp": 4_102_444_800}, {})
    return ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts)


def _uri(rkey: str) -> str:
    return f"at://{DID}/app.bsky.feed.post/{rkey}"


def _no(status: int, error: str, message: str = "") -> Answer:
    return Answer(status=status, body={"error": error, "message": message})
