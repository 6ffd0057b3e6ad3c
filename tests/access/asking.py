"""Ask every address of the site by every method as every kind of person, and read from the answer who gets in."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from itertools import count
from typing import Any

from django.db import transaction
from django.http import HttpResponse
from django.test import Client

from app.accounts.models import ApiToken, User
from tests.access.bodies import body_of
from tests.access.world import OWNED, PARTS, SHARED, people
from tools.routes import Classification, Route

NAMES = re.compile(r"<(?:(\w+):)?(\w+)>")
NOWHERE = {"int": "999999999", "username": "nobody", "path": "nothing.png", "uuid": "6f1c8e1a-3f0e-4b7e-9a53-0d9d8f6f2b11"}
UNKNOWN = "999999999"
SIGN_IN = ("/login/", "/admin/login/")
UNLIMITED = ["GET", "POST"]
"""The methods by which a view is asked that refuses none."""
Cells = dict[str, str]


@dataclass
class Answer:
    """`refused` is None where the object was not found."""

    status: int
    refused: bool | None


@dataclass
class Asker:
    """One who asks, in a transaction that is rolled back after each question."""

    said: Classification
    users: dict[str, User] = field(default_factory=people)
    made: dict[tuple[str, str], Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    senders: Iterator[int] = field(default_factory=count)
    client: Client = field(default_factory=lambda: Client(raise_request_exception=False))

    def __post_init__(self) -> None:
        self.cookies, self.tokens = {}, {}
        for name, user in self.users.items():
            client = Client()
            client.force_login(user)
            self.cookies[name] = client.cookies
            self.tokens[name] = ApiToken.objects.issue(user, "test")[1]
        User.objects.filter(username="inactive").update(is_active=False)

    def cells(self, route: Route) -> dict[str, Cells]:
        """Return, by method, what each kind of person may do at an address: all, own or -."""
        return {method: {role: self.cell(method, route, role) for role in self.said.roles} for method in self.methods(route)}

    def methods(self, route: Route) -> list[str]:
        answer = self.send("PROPFIND", route, "superuser", "stranger")
        if answer.status_code != 405:
            return UNLIMITED
        return [each for each in answer["Allow"].split(", ") if each not in {"HEAD", "OPTIONS"}]

    def cell(self, method: str, route: Route, role: str) -> str:
        """Ask about a stranger's object, and about one's own if there is such a thing here."""
        others = self.may(method, route, role, "stranger")
        if others:
            return "all"
        kinds = {self.kind(route.address), *map(named, self.said.bodies.get((method, route.address), {}).values())}
        has_own = kinds & OWNED.keys() and role != "anonymous"
        return "own" if has_own and self.may(method, route, role, role) else "-"

    def may(self, method: str, route: Route, role: str, owner: str) -> bool:
        """Return whether the person is let in. Where even a superuser finds no object, "not found" is no refusal."""
        answer = read(self.send(method, route, role, owner))
        if answer.status >= 500 or answer.status == 429:
            self.notes.append(f"{method} {route.address}: {role} got {answer.status}")
        if answer.refused is None:
            return read(self.send(method, route, "superuser", owner)).status == 404
        return not answer.refused

    def send(self, method: str, route: Route, role: str, owner: str) -> HttpResponse:
        kind, fields = body_of(method, route.address)
        fields |= {name: self.filled(value, owner) for name, value in self.said.bodies.get((method, route.address), {}).items()}
        path, sender = self.path(route.address, owner), next(self.senders)
        self.client.defaults["REMOTE_ADDR"] = f"10.0.{sender // 250}.{sender % 250}"
        self.client.cookies = self.cookies[role].copy() if role in self.cookies else SimpleCookie()
        with transaction.atomic():
            answer = self.sent(method, path, kind, fields, role)
            transaction.set_rollback(True)
        return answer

    def sent(self, method: str, path: str, kind: str, fields: dict[str, Any], role: str) -> Any:
        headers = {"Authorization": f"Token {self.tokens[role]}"} if role in self.tokens else {}
        if method == "POST" and kind != "application/json":
            return self.client.post(path, fields, headers=headers)
        body = json.dumps(fields).encode() if kind else b""
        return self.client.generic(method, path, body, content_type=kind or "application/octet-stream", headers=headers)

    def path(self, address: str, owner: str) -> str:
        """Return the address with an object of its kind, and with what does not exist for further names."""
        kind = self.kind(address)
        start = self.start(address)
        path = address.replace(start, NAMES.sub(str(self.object(kind, owner, start)), start), 1) if kind else address
        if kind == "post":
            whole = self.made[kind, owner]
            path = NAMES.sub(lambda name: str(PARTS[name[2]](whole)) if name[2] in PARTS else name[0], path)
        path = path.replace("<kind>", "tag").replace("<str:kind>", "tag")
        return NAMES.sub(lambda name: NOWHERE.get(name[1] or "", UNKNOWN if name[2].endswith("_id") else "nothing"), path)

    def kind(self, address: str) -> str:
        return self.said.objects.get(self.start(address), "")

    def start(self, address: str) -> str:
        """Return the longest beginning of which tools/routes.toml says what object it names."""
        return max((each for each in self.said.objects if address.startswith(each)), key=len, default="")

    def object(self, kind: str, owner: str, start: str) -> Any:
        made = self.made.get((kind, owner))
        if made is None:
            made = self.made[kind, owner] = {**OWNED, **SHARED}[kind](self.users[owner])
        return made.slug if "<slug:" in start else getattr(made, "pk", made)

    def filled(self, value: Any, owner: str) -> Any:
        """Return a value of a body in which `<post>` and the like are the id of an object."""
        return self.object(named(value), owner, "") if named(value) else value


def named(value: Any) -> str:
    """Return the kind of object that a value of a body stands for; "" where it is itself."""
    return value[1:-1] if isinstance(value, str) and value.startswith("<") else ""


def read(answer: HttpResponse) -> Answer:
    is_sign_in = answer.status_code in {301, 302} and answer.get("Location", "").startswith(SIGN_IN)
    if answer.status_code == 404:
        return Answer(404, None)
    return Answer(answer.status_code, answer.status_code in {401, 403} or is_sign_in)


def by_cells(seen: dict[str, Cells]) -> dict[tuple[str, ...], list[str]]:
    """Return the methods that have the same cells together."""
    found = defaultdict(list)
    for method, cells in seen.items():
        found[tuple(cells.values())].append(method)
    return found
