"""A reader, a writer, and posts for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from app.accounts.models import Role, User
from app.blog.models import Post

Write = Callable[..., Post]


@pytest.fixture
def reader(db: None) -> User:
    return User.objects.create_user("rita", "rita@example.org", "a-good-password-7")


@pytest.fixture
def author(db: None) -> User:
    return User.objects.create_user("anna", "anna@example.org", "a-good-password-7", role=Role.AUTHOR)


@pytest.fixture
def write(author: User) -> Write:
    """Return a function that makes a post, public unless told otherwise."""

    def make(title: str = "A slower web", *, public: bool = True, **fields: Any) -> Post:
        post = Post(**{"title": title, "content": "It *loads* when it is ready.", "author": author, **fields})
        post.save()
        if public:
            post.publish(at=timezone.now())
        return post

    return make
