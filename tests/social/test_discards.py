"""A share that a person ends: its row says so, unless something else is owed to the account."""

from __future__ import annotations

import pytest

from app.blog.models import Post
from app.social.models import Account, DummyPost, SocialPost
from app.social.sharing import follow, post_to_social_media
from owed.acting import CANCEL, Decision
from owed.models import Effect
from owed.testing import drain, owes

pytestmark = pytest.mark.django_db

DECISION = Decision(by="ada", reason="not this one")


def cancel(*effects: Effect) -> None:
    assert CANCEL.act_on([each.pk for each in effects], DECISION) == len(effects)


def rows() -> list[tuple[str, str]]:
    return list(SocialPost.objects.values_list("state", "error"))


@pytest.fixture
def shared(dummy: Account, post: Post) -> Post:
    post_to_social_media(post)
    return post


class TestADiscardedShare:
    def test_is_skipped_with_the_reason(self, shared: Post) -> None:
        cancel(owes("social.deliver").get())
        assert rows() == [("skipped", "cancelled: not this one")]
        assert SocialPost.objects.get().settled_at is not None

    def test_is_unknown_where_an_attempt_may_have_reached_the_network(self, shared: Post) -> None:
        SocialPost.objects.update(state="submitting")
        cancel(owes("social.deliver").get())
        assert rows() == [("unknown", "cancelled: not this one")]

    def test_leaves_a_row_to_another_effect_that_is_owed(self, shared: Post) -> None:
        follow([shared.pk])
        first, second = owes("social.deliver").order_by("pk")
        cancel(first)
        assert rows() == [("pending", "")]
        cancel(second)
        assert rows() == [("skipped", "cancelled: not this one")]

    def test_leaves_what_the_network_shows_as_it_is(self, shared: Post) -> None:
        drain()
        follow([shared.pk])
        cancel(owes("social.deliver").pending().get())
        assert (rows(), DummyPost.objects.count()) == ([("sent", "")], 1)
