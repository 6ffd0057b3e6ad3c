"""Requests of readers for a post's page, and a buffer of views that the test flushes."""

from __future__ import annotations

from threading import Thread
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import RequestFactory

from app.blog.models import Post
from app.stats import page_views

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def get(address: str = "203.0.113.5", user: Any = None, method: str = "GET", **headers: str) -> Any:
    request = RequestFactory().generic(
        method, "/posts/read-me/", REMOTE_ADDR=address, headers={"User-Agent": BROWSER, **headers}
    )
    request.user = user or AnonymousUser()
    return request


def count(post: Post) -> int:
    return Post.objects.get(pk=post.pk).view_count


@pytest.fixture
def buffer(monkeypatch: pytest.MonkeyPatch) -> page_views.Buffer:
    """A buffer whose thread never starts: the test flushes."""
    fresh = page_views.Buffer()
    monkeypatch.setattr(fresh, "_thread", Thread())
    monkeypatch.setattr(page_views, "buffer", fresh)
    return fresh
