"""What networks still show and the site has no more."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from app.blog.models import Post
from app.social.models import Account, DummyPost, SocialPost
from app.social.sharing import share
from owed.models import Effect
from owed.testing import drain

pytestmark = pytest.mark.django_db(transaction=True)


def listed(*words: str) -> list[str]:
    out = StringIO()
    call_command("shares", "--strays", *words, stdout=out)
    return out.getvalue().splitlines()


@pytest.fixture
def shared(dummy: Account, post: Post) -> Post:
    share(post.pk, now=timezone.now())
    drain()
    return post


class TestAShare:
    def test_of_a_public_post_is_not_listed(self, shared: Post) -> None:
        assert listed() == ["0 in all"]

    def test_of_a_deleted_post_is_listed_until_it_is_withdrawn(self, shared: Post) -> None:
        there = SocialPost.objects.get().remote_url
        # As after a restore: the network has it, and nothing is owed for it.
        Post.objects.filter(pk=shared.pk).delete()
        Effect.objects.pending().delete()
        line, total = listed()
        assert (line.split("\t")[0], line.split("\t")[2], total) == ("dummy", there, "1 in all")
        assert "(deleted)" in line
        assert listed("--withdraw")[-1].startswith("1 deliveries are owed")
        drain()
        assert DummyPost.objects.get().deleted_at is not None
        assert listed() == ["0 in all"]

    def test_of_a_withdrawn_post_names_what_is_in_doubt(self, shared: Post) -> None:
        shared.withdraw()
        SocialPost.objects.update(state="unknown")
        Effect.objects.pending().delete()
        assert "(withdrawn; it is not known whether it arrived)" in listed()[0]

    def test_through_a_removed_account_is_left_to_a_person(self, shared: Post, dummy: Account) -> None:
        dummy.remove(timezone.now())
        shared.withdraw()
        Effect.objects.pending().delete()
        assert "delete it there by hand" in listed("--withdraw")[0]
