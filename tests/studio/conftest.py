"""People of every role, and posts of theirs."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.test import Client
from pytest_django import Settings

from app.accounts.models import Role, User
from app.blog.models import Post
from tests import factories
from tests.sinks import smtp_sink
from tests.studio.forms import Person, SignedIn

__all__ = ["smtp_sink"]


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
    return factories.write(person("author"), "A draft", "Some words.")


@pytest.fixture
def mailbox(settings: Settings, tmp_path: Path) -> Path:
    settings.MAILBOX_DIR = tmp_path
    return tmp_path
