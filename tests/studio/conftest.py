"""People of every role, posts of theirs, and a form that is complete."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from app.accounts.models import Role, User
from app.blog.models import Post
from tests.sinks import smtp_sink

__all__ = ["smtp_sink"]

Person = Callable[[str], User]
SignedIn = Callable[[str], Client]


@pytest.fixture
def person(db: None) -> Person:
    """Return a function that gives the user of a role, always the same."""

    def find(role: str) -> User:
        user, _ = User.objects.get_or_create(username=f"the-{role}", defaults={"role": Role(role)})
        return user

    return find


@pytest.fixture
def signed_in(person: Person) -> SignedIn:
    """Return a function that gives a client signed in as a role."""

    def enter(role: str) -> Client:
        client = Client()
        client.force_login(person(role))
        return client

    return enter


@pytest.fixture
def draft(person: Person) -> Post:
    post = Post(title="A draft", content="Some words.", author=person("author"))
    post.save()
    return post


@pytest.fixture
def mailbox(settings: Settings, tmp_path: Path) -> Path:
    settings.MAILBOX_DIR = tmp_path
    return tmp_path


def typed(**changes: Any) -> dict[str, Any]:
    """Return what a browser sends from the editor."""
    return {"title": "Typed", "content": "Some *words*.", "slug": "", "excerpt": "", "category": "", "tags": "", **changes}
