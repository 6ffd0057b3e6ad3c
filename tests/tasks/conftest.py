"""A draft, and everyone who is notified of it."""

from __future__ import annotations

import pytest
from django.utils import timezone

from app.accounts.models import User
from app.blog.models import Post
from app.newsletter.models import Subscriber
from app.social.connecting import connect
from owed.models import Effect
from tests import factories
from tests.sinks import faulty, smtp_sink
from tests.tasks.world import World

__all__ = ["faulty", "smtp_sink"]


@pytest.fixture
def draft(author: User) -> Post:
    post = factories.write(author)
    Effect.objects.all().delete()
    return post


@pytest.fixture
def world(author: User) -> World:
    """Three confirmed readers by mail, and one account on another network."""
    now = timezone.now()
    for number in range(3):
        Subscriber.objects.create(email=f"r{number}@example.org", state="confirmed", confirmed_at=now)
    connect(network="dummy", name="elsewhere")
    return World(readers=3)
