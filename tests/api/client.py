"""A program that talks to the API: JSON in, JSON out, a token."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.test import Client

from app.accounts.models import ApiToken, User
from tests import factories

ROOT = "/api/v1"


@dataclass
class Answer:
    status: int
    json: Any
    headers: dict[str, str]
    text: str


@dataclass
class Program:
    token: str = ""
    scheme: str = "Token"
    client: Client = field(default_factory=lambda: Client(raise_request_exception=True))

    def get(self, path: str, **query: Any) -> Answer:
        return self._answer(self.client.get(ROOT + path, query, headers=self._headers()))

    def post(self, path: str, body: Any = None) -> Answer:
        return self.send("post", path, body)

    def patch(self, path: str, body: Any) -> Answer:
        return self.send("patch", path, body)

    def put(self, path: str, body: Any = None) -> Answer:
        return self.send("put", path, body)

    def delete(self, path: str) -> Answer:
        return self.send("delete", path, None)

    def send(self, method: str, path: str, body: Any, content_type: str = "application/json") -> Answer:
        call = getattr(self.client, method)
        data = "" if body is None else body
        return self._answer(call(ROOT + path, data, content_type=content_type, headers=self._headers()))

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"{self.scheme} {self.token}"} if self.token else {}

    def _answer(self, response: Any) -> Answer:
        is_json = response.headers.get("Content-Type", "").startswith("application/json")
        text = response.content.decode()
        return Answer(response.status_code, response.json() if is_json and text else None, dict(response.headers), text)


def program_of(user: User) -> Program:
    """Return a program that is signed in as this user."""
    return Program(ApiToken.objects.issue(user, "test")[1])


def person(username: str, role: str = "reader", **fields: Any) -> User:
    """Return a new user, with an address that no answer may ever show."""
    return factories.person(username, role, email=f"{username}@secret.example", **fields)
