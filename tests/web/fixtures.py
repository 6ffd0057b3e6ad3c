"""A reader, a writer, and posts for them. A conftest imports these by name."""

from __future__ import annotations

from typing import Any

import pytest

from app.accounts.models import Role, User
from app.blog.models import Post
from tests import factories
from tests.factories import Publish

PASSWORD = "a-good-password-7"


@pytest.fixture
def reader(db: None) -> User:
    return factories.person("rita", password=PASSWORD)


@pytest.fixture
def author(db: None) -> User:
    return factories.person("anna", Role.AUTHOR, password=PASSWORD)


@pytest.fixture
def write(author: User) -> Publish:
    """Return a function that makes a post, public unless told otherwise."""

    def make(title: str = "A slower web", *, public: bool = True, **fields: Any) -> Post:
        words = {"title": title, "content": "It *loads* when it is ready.", "author": author, **fields}
        return (factories.publish if public else factories.write)(**words)

    return make
