"""People, a post, and the mail servers of these tests."""

from __future__ import annotations

import pytest
from django.utils import timezone

from app.accounts.models import Role, User
from app.blog.models import Post
from tests.sinks import faulty, smtp_sink

__all__ = ["faulty", "smtp_sink"]


def person(name: str, role: str = Role.READER) -> User:
    return User.objects.create_user(name, f"{name}@example.org", role=role)


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
    post = Post(title="A post", content="Text.", author=ann)
    post.save()
    post.publish(at=timezone.now())
    return post
