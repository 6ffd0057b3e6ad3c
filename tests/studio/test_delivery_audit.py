"""The page that says whether everything owed stands somewhere."""

from __future__ import annotations

import pytest
from django.utils import timezone

from app.blog.models import Post
from app.newsletter.models import Delivery, Subscriber
from owed.models import Effect, Unproven
from owed.testing import drain
from tests.sinks import Sink
from tests.studio.forms import SignedIn

pytestmark = [pytest.mark.django_db, pytest.mark.covers("X10", "E6")]
PAGE = "/studio/conservation/"


@pytest.fixture
def published(draft: Post, smtp_sink: Sink) -> Post:
    """A post that reached its two readers, and one that nobody has read."""
    for number in range(2):
        Subscriber.objects.create(email=f"r{number}@example.org", state="confirmed", confirmed_at=timezone.now(), token=number)
    draft.publish(at=timezone.now())
    drain()
    return draft


class TestThePage:
    def test_adds_up_every_send_and_every_post(self, signed_in: SignedIn, published: Post) -> None:
        page = signed_in("editor").get(PAGE).content.decode()
        owed = Effect.objects.filter(about=f"post:{published.pk}").count()
        assert "The last check found that every recent post was fully delivered" in page
        assert page.count("All 1 balance") == 2
        assert "2 = 2" in page
        assert f"{owed} = {owed}" in page
        assert f"/studio/sends/{published.sends.get().pk}/" in page
        assert f"/studio/posts/{published.pk}/effects/" in page
        assert "@example.org" not in page

    def test_names_what_does_not_balance(self, signed_in: SignedIn, published: Post) -> None:
        Delivery.objects.first().delete()
        Effect.objects.filter(task="social.share").delete()
        page = signed_in("editor").get(PAGE).content.decode()
        assert page.count("1 of 1 do not balance") == 2
        assert "2 ≠ 1" in page
        assert "2 candidates, 1 accounted for" in page
        assert "social.share was never owed" in page

    def test_says_what_the_last_proof_missed(self, signed_in: SignedIn) -> None:
        Unproven.objects.create(about="post:7", why="feeds.follow is dead", since=timezone.now())
        assert "feeds.follow is dead" in signed_in("editor").get(PAGE).content.decode()

    def test_is_for_operators_and_found_from_the_ledger(self, signed_in: SignedIn) -> None:
        assert signed_in("author").get(PAGE).status_code == 403
        assert PAGE in signed_in("editor").get("/studio/effects/").content.decode()

    def test_links_no_post_that_is_gone(self, signed_in: SignedIn, published: Post) -> None:
        pk = published.pk
        published.delete()
        page = signed_in("editor").get(PAGE).content.decode()
        assert f"post:{pk}" in page
        assert f"/studio/posts/{pk}/effects/" not in page
