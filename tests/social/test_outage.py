"""A network that is down for long, with much owed to it: X12."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.utils import timezone

from app.accounts.models import User
from app.blog.models import Post
from app.effects.models import Effect
from app.effects.testing import drain
from app.outbound.circuits import circuits
from app.social.models import Account, SocialPost
from app.social.models.social_post import LEASE
from tests.outbound.receiver import Receiver, cuts, says

POSTS = 60


@pytest.mark.django_db(transaction=True)
class TestAnOutageOfANetwork:
    @pytest.mark.covers("X12", "E8")
    def test_is_met_with_few_tries_delays_nothing_else_and_ends_with_each_post_shown_once(
        self,
        hooked: Callable[..., Account],
        listening: Callable[..., Receiver],
        ann: User,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(circuits, "rest", 3600)
        receiver = listening(cuts)
        hooked(receiver)
        for number in range(POSTS):
            Post.objects.create(author=ann, title=f"Number {number}", content="Words.", status="published")
        for _ in range(4):
            drain()
            Effect.objects.filter(state="waiting").update(wake_at=timezone.now())
        assert len(receiver.received) == 5
        assert set(Effect.objects.exclude(task="social.deliver").values_list("state", flat=True)) == {"done"}
        owed = Effect.objects.filter(task="social.deliver").pending()
        assert owed.count() == POSTS

        receiver.answers[:] = [says(204)]
        receiver.received.clear()
        circuits.forget()
        SocialPost.objects.exclude(claimed_at=None).update(claimed_at=timezone.now() - LEASE)
        drain()
        assert len({call.headers["webhook-id"] for call in receiver.received}) == len(receiver.received) == POSTS
        assert set(SocialPost.objects.values_list("state", flat=True)) == {"sent"}
