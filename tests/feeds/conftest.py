from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any

import pytest
from django.utils import timezone

from app.accounts.models import Role, User
from app.blog.models import Post
from app.feeds.models import Document

Publish = Callable[..., Post]
numbers = count(1)


@pytest.fixture(autouse=True)
def no_documents(request: pytest.FixtureRequest) -> None:
    """Begin without documents: a worker of another test may have built some after that test was over."""
    if request.node.get_closest_marker("django_db"):
        request.getfixturevalue("db")
        Document.objects.all().delete()


@pytest.fixture
def author(db: None) -> User:
    return User.objects.create(username=f"writer{next(numbers)}", role=Role.AUTHOR)


@pytest.fixture
def publish(author: User) -> Publish:
    """Return a function that publishes a post."""

    def published(title: str = "A title", content: str = "Some words.", **fields: Any) -> Post:
        post = Post.objects.create(title=title, content=content, author=fields.pop("author", author), **fields)
        post.publish(at=timezone.now())
        return post

    return published
