"""People, a post, and the mail servers of these tests."""

from __future__ import annotations

import pytest

from app.accounts.models import Role, User
from app.blog.models import Post
from tests import factories
from tests.factories import person
from tests.sinks import faulty, smtp_sink

__all__ = ["faulty", "smtp_sink"]


@pytest.fixture
def ann() -> User:
    """The author."""
    return person("ann", Role.AUTHOR)


@pytest.fixture
def bob() -> User:
    return person("bob")


@pytest.fixture
def eve() -> User:
    return person("eve")


@pytest.fixture
def post(ann: User) -> Post:
    return factories.publish(ann, "A post", "Text.")
