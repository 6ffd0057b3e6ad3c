"""Somebody asks for another mail address, and what comes of it."""

from __future__ import annotations

import re
from typing import Any

from django.test import Client

from app.accounts.models import User
from app.members.models import EmailChange
from tests.sinks import Sink

PATH = "/account/address"
OLD, NEW, THEIRS = "rita@example.org", "rita@new.example", "anna@example.org"
PASSWORD = "a-good-password-7"
DONE, DEAD = "Thank you", "This link doesn't work"
ASKED = [
    (OLD, "Another address for your account at Afterword"),
    (NEW, "Is this your new address at Afterword?"),
]


def signed_in(user: User, **options: Any) -> Client:
    client = Client(**options)
    client.force_login(user)
    return client


def ask(user: User, email: str = NEW, **typed: str) -> Any:
    return signed_in(user).post(PATH, {"email": email, "password": PASSWORD, **typed})


def links(sink: Sink, kind: str = "plain") -> list[str]:
    return [path for each in sink.captured for path in re.findall(r"127\.0\.0\.1:8000(/addresses/\d+/\w+/)", each.body(kind))]


def link(user: User) -> str:
    """Return the link of what the user asked for last."""
    change = EmailChange.objects.filter(user=user).latest("pk")
    return f"/addresses/{change.pk}/{change.secret()}/"


def told(sink: Sink) -> list[tuple[str, str]]:
    return sorted((each.recipient, str(each.message["Subject"])) for each in sink.captured)


def heading(answer: Any) -> str:
    """Return what the page behind a link says."""
    return re.findall(r"<h1>(.*?)</h1>", answer.content.decode())[0]
