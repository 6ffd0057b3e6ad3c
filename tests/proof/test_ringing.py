"""Publishing writes down what is owed and rings after the commit: not before it, and never for a rollback."""

from __future__ import annotations

import pytest
from django.db import transaction
from django.utils import timezone

from app.accounts.models import Role, User
from app.blog.models import Post
from owed.models import Effect
from owed.waker import Hint, waker

pytestmark = [pytest.mark.usefixtures("people"), pytest.mark.covers("T8", "D17", "X1")]


@pytest.fixture
def draft(rung: list[Hint]) -> Post:
    writer = User.objects.create_user("writer", role=Role.AUTHOR)
    draft = Post.objects.create(title="Owed", content="Text.", author=writer)
    assert waker.wait_idle(10)
    rung.clear()
    Effect.objects.all().delete()
    return draft


def ids(rung: list[Hint]) -> list[int]:
    assert waker.wait_idle(10)
    return sorted(pk for hint in rung for pk in hint.ids)


class TestPublishing:
    def test_rings_what_is_ready_as_soon_as_it_is_committed(self, draft: Post, rung: list[Hint]) -> None:
        with transaction.atomic():
            draft.publish(at=timezone.now())
            assert ids(rung) == []
        assert ids(rung) == list(Effect.objects.filter(state="ready").order_by("pk").values_list("pk", flat=True)) != []

    @pytest.mark.covers("X4")
    def test_that_is_rolled_back_rings_nobody(self, draft: Post, rung: list[Hint]) -> None:
        with transaction.atomic():
            draft.publish(at=timezone.now())
            transaction.set_rollback(True)
        assert ids(rung) == []
        assert not Effect.objects.exists()
