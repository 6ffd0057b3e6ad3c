"""A newsroom: an administrator, an editor, an author and a contributor."""

from __future__ import annotations

import pytest
from django.test import Client

from app.accounts.models import Role, User
from tests import factories
from tests.sinks import smtp_sink
from tests.team.newsroom import PASSWORD

__all__ = ["smtp_sink"]


@pytest.fixture
def ada(db: None) -> User:
    """Return an administrator."""
    return User.objects.create_superuser("ada", "ada@example.org", PASSWORD)


@pytest.fixture
def edith(db: None) -> User:
    """Return an editor."""
    return factories.person("edith", Role.EDITOR, password=PASSWORD)


@pytest.fixture
def anna(db: None) -> User:
    """Return an author."""
    return factories.person("anna", Role.AUTHOR, password=PASSWORD)


@pytest.fixture
def carl(db: None) -> User:
    """Return a contributor."""
    return factories.person("carl", Role.CONTRIBUTOR, password=PASSWORD)


@pytest.fixture
def desk(edith: User) -> Client:
    """Return the editor's browser."""
    client = Client()
    client.force_login(edith)
    return client


@pytest.fixture
def admin_desk(ada: User) -> Client:
    client = Client()
    client.force_login(ada)
    return client
