"""Readers by mail, a post, and the mail servers. A conftest imports these by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from app.accounts.models import User
from app.blog.models import Post
from app.newsletter.models import Subscriber
from app.newsletter.models import send as sends
from tests import factories
from tests.sinks import faulty, smtp_sink

__all__ = ["faulty", "post", "readers", "smtp_sink", "twenty_in_an_effect"]


@pytest.fixture
def post(author: User) -> Post:
    """A post that has just become public, its effects not yet run."""
    return factories.publish(author, "Owed & “kept”", "# Hello\n\nA *post* with a [link](/archive/) and <b>HTML</b>.\n")


@pytest.fixture
def readers() -> Callable[..., list[Subscriber]]:
    def make(number: int, **values: Any) -> list[Subscriber]:
        start = Subscriber.objects.count()
        fields = {"state": Subscriber.State.CONFIRMED, "confirmed_at": timezone.now(), **values}
        rows = [Subscriber(email=f"r{n}@example.org", **fields) for n in range(start, start + number)]
        return Subscriber.objects.bulk_create(rows, batch_size=1000)

    return make


@pytest.fixture
def twenty_in_an_effect(monkeypatch: pytest.MonkeyPatch) -> None:
    """Owe twenty mails in one effect, so that a mailing to a few readers has several to be stopped between."""
    monkeypatch.setattr(sends, "CHUNK", 20)
