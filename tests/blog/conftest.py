"""A reader, a public post, and what the room says."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.accounts.models import User
from app.blog import signals
from app.blog.models import Post
from tests import factories
from tests.blog.announcements import SIGNALS, Said, listener_of


@pytest.fixture
def reader(db: None) -> User:
    return factories.person("rob")


@pytest.fixture
def public(author: User) -> Post:
    return factories.write(author, "In public", "For all.", status="published")


@pytest.fixture
def said() -> Iterator[Said]:
    """Collect what the room says: names of signals and what came with them, but for sender and signal."""
    heard: Said = []
    listeners = {name: listener_of(name, heard) for name in SIGNALS}
    for name, listener in listeners.items():
        getattr(signals, name).connect(listener)
    yield heard
    for name, listener in listeners.items():
        getattr(signals, name).disconnect(listener)
