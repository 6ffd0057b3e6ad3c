"""From the click to the other side: each effect of a post says what began it, and how the other side names it."""

from __future__ import annotations

import pytest
from django.utils import timezone

from app.blog.models import Post
from app.newsletter.models import Delivery, Subscriber
from app.social.connecting import connect
from app.social.models import SocialPost
from owed.models import Effect
from owed.testing import drain
from tests.sinks import Sink, smtp_sink
from tests.studio.forms import SignedIn

__all__ = ["smtp_sink"]

pytestmark = pytest.mark.django_db


@pytest.fixture
def request_id(signed_in: SignedIn, draft: Post, smtp_sink: Sink) -> str:
    """The name of the request that published the post; it went to a reader and to a network."""
    connect(network="dummy", name="there")
    for n in range(2):
        Subscriber.objects.create(email=f"r{n}@example.org", state="confirmed", confirmed_at=timezone.now(), token=n)
    name = str(signed_in("editor").post(f"/studio/posts/{draft.pk}/publication").headers["X-Request-ID"])
    drain()
    return name


def test_is_on_the_posts_page(signed_in: SignedIn, draft: Post, request_id: str) -> None:
    page = signed_in("editor").get(f"/studio/posts/{draft.pk}/effects/").content.decode()
    assert f"request:{request_id}" in page
    assert f">{SocialPost.objects.get().remote_id}</code>" in page
    first, _ = Delivery.objects.order_by("pk")
    assert first.message_id.strip("<>") in page
    assert "and 1 more" in page
    assert "example.org" not in page


def test_is_on_the_page_of_an_effect(signed_in: SignedIn, request_id: str) -> None:
    deliver = Effect.objects.get(task="email.deliver")
    page = signed_in("editor").get(f"/studio/effects/{deliver.pk}/").content.decode()
    assert f"request:{request_id}" in page
    assert str(deliver.hint) in page
    assert all(each.message_id.strip("<>") in page for each in Delivery.objects.all())


def test_names_nothing_that_the_other_side_was_not_given(signed_in: SignedIn, draft: Post, request_id: str) -> None:
    Delivery.objects.update(state="pending")
    page = signed_in("editor").get(f"/studio/posts/{draft.pk}/effects/").content.decode()
    assert not any(each.message_id.strip("<>") in page for each in Delivery.objects.all())
