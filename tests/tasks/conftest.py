"""A writer, a draft of theirs, and everybody who hears of it."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from django.test import Client
from django.utils import timezone

from app.accounts.models import Role, User
from app.blog.models import Post
from app.newsletter.models import Subscriber
from app.social.connecting import connect
from app.social.models import DummyPost
from owed.models import Effect
from tests.sinks import faulty, smtp_sink

__all__ = ["faulty", "smtp_sink"]


@pytest.fixture
def author(db: None) -> User:
    return User.objects.create_user("ada", "ada@example.org", role=Role.AUTHOR)


@pytest.fixture
def draft(author: User) -> Post:
    post = Post.objects.create(title="On engines", content="Some *words*.", author=author)
    Effect.objects.all().delete()
    return post


@dataclass(frozen=True)
class World:
    """What a stranger sees of a post in each channel."""

    readers: int

    def shows(self, post: Post) -> dict[str, bool]:
        client = Client()
        return {
            "feeds": post.title.encode() in client.get("/rss.xml").content,
            "search": post.get_absolute_url().encode() in client.get("/search/?q=engines").content,
            "social": DummyPost.objects.count() == 1,
        }


@pytest.fixture
def world(author: User) -> World:
    """Three confirmed readers by mail, and one account on another network."""
    now = timezone.now()
    for number in range(3):
        Subscriber.objects.create(email=f"r{number}@example.org", state="confirmed", confirmed_at=now)
    connect(network="dummy", name="elsewhere")
    return World(readers=3)
