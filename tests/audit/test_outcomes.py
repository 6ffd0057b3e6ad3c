"""What became of mails and posts in the last minutes."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from app.accounts.models import User
from app.audit.outcomes import OutcomeCollector
from app.blog.models import Post
from app.newsletter.models import Send, Subscriber
from app.social.connecting import connect

pytestmark = pytest.mark.django_db


def counted() -> dict[tuple[str, str], float]:
    [family] = OutcomeCollector().collect()
    return {(each.labels["channel"], each.labels["outcome"]): each.value for each in family.samples}


def test_is_counted_by_channel_and_outcome_for_five_minutes(author: User) -> None:
    post = Post.objects.create(title="A post", content="Text.", author=author)
    send = Send.objects.create(post=post, state="sending", candidates=4)
    now = timezone.now()
    ended = [("sent", 0), ("sent", 4), ("failed", 1), ("sent", 6), ("pending", None)]
    for number, (state, minutes) in enumerate(ended):
        reader = Subscriber.objects.create(email=f"r{number}@example.org", state="confirmed", confirmed_at=now, token=number)
        at = None if minutes is None else now - timedelta(minutes=minutes)
        send.deliveries.create(post=post, subscriber=reader, state=state, finished_at=at)
    connect(network="dummy", name="there")[0].social_posts.create(post=post, state="unknown", settled_at=now)
    found = counted()
    assert (found["newsletter", "sent"], found["newsletter", "failed"]) == (2, 1)
    assert (found["social", "unknown"], found["notices", "sent"]) == (1, 0)
    assert ("newsletter", "pending") not in found
