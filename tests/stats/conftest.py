"""A post, and views of it."""

from __future__ import annotations

import pytest

from app.accounts.models import User
from app.blog.models import Post
from tests import factories
from tests.stats.requests import buffer

__all__ = ["buffer"]


@pytest.fixture
def post(author: User) -> Post:
    return factories.write(author, "Read me", "Words.", status="published")
