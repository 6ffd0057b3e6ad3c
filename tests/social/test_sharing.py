"""Which posts are shared where, and how often: through the dummy network."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from app.accounts.models import User
from app.blog.models import Post
from app.social.connecting import connect
from app.social.models import Account, DummyPost, SocialPost
from app.social.sharing import follow, post_to_social_media, resume, share
from owed.testing import drain, owes

pytestmark = pytest.mark.django_db(transaction=True)


def states() -> list[str]:
    return list(SocialPost.objects.order_by("pk").values_list("state", flat=True))


class TestSharing:
    @pytest.mark.covers("E8", "M16")
    def test_makes_one_row_per_account_and_owes_its_delivery(self, dummy: Account, post: Post) -> None:
        second = connect(network="dummy", name="another")[0]
        assert share(post.pk, now=timezone.now()) == 2
        assert list(SocialPost.objects.values_list("account", "state").order_by("account")) == [
            (dummy.pk, "pending"),
            (second.pk, "pending"),
        ]
        assert owes("social.deliver", about=post).count() == 2
        drain()
        assert (states(), DummyPost.objects.count()) == (["sent", "sent"], 2)

    def test_twice_shares_once(self, dummy: Account, post: Post) -> None:
        for _ in range(2):
            post_to_social_media(post)
            drain()
        assert (states(), DummyPost.objects.count()) == (["sent"], 1)

    def test_is_a_row_that_the_database_keeps_single(self, dummy: Account, post: Post) -> None:
        SocialPost.objects.create(account=dummy, post=post)
        with pytest.raises(IntegrityError), transaction.atomic():
            SocialPost.objects.create(account=dummy, post=post)

    def test_leaves_old_posts_alone(self, dummy: Account, ann: User) -> None:
        old = Post(author=ann, title="Old", status="published", published_at=timezone.now() - timedelta(days=2))
        old.save()
        assert (post_to_social_media(old), SocialPost.objects.count()) == (0, 0)

    def test_leaves_drafts_alone(self, dummy: Account, ann: User) -> None:
        draft = Post(author=ann, title="Draft")
        draft.save()
        assert (post_to_social_media(draft.pk), SocialPost.objects.count()) == (0, 0)

    def test_leaves_accounts_alone_that_are_off(self, dummy: Account, post: Post) -> None:
        dummy.disable()
        assert post_to_social_media(post) == 0

    def test_uses_the_accounts_of_the_author_and_of_editors_only(self, ann: User, post: Post) -> None:
        people = [User.objects.create(username=role, role=role) for role in ("author", "editor")]
        for owner in (ann, *people):
            connect(network="dummy", name=owner.username, owner=owner)
        post_to_social_media(post)
        shared = SocialPost.objects.values_list("account__name", flat=True).order_by("account__name")
        assert list(shared) == ["ann", "editor"]

    @pytest.mark.covers("H16")
    def test_happens_once_whatever_comes_after(self, dummy: Account, post: Post, ann: User) -> None:
        post_to_social_media(post)
        drain()
        post.withdraw()
        drain()
        follow([post.pk])
        drain()
        assert (states(), DummyPost.objects.count()) == (["withdrawn"], 1)

    @pytest.mark.covers("H16")
    @pytest.mark.parametrize("age", [timedelta(0), timedelta(days=300)])
    def test_happens_again_once_the_post_is_published_again(self, dummy: Account, post: Post, age: timedelta) -> None:
        post_to_social_media(post)
        drain()
        Post.objects.filter(pk=post.pk).update(published_at=timezone.now() - age)
        for shared in (2, 3):
            Post.objects.get().withdraw()
            drain()
            Post.objects.get().publish()
            drain()
            drain()
            assert (states(), DummyPost.objects.count(), shown()) == (["sent"], shared, 1)

    def test_keeps_what_was_not_yet_taken_away(self, dummy: Account, post: Post) -> None:
        post_to_social_media(post)
        drain()
        post.withdraw()
        post.publish()
        drain()
        assert (states(), DummyPost.objects.count(), shown()) == (["sent"], 1, 1)

    def test_happens_again_on_an_account_that_was_off_meanwhile(self, dummy: Account, post: Post) -> None:
        post_to_social_media(post)
        drain()
        post.withdraw()
        drain()
        dummy.disable()
        post.publish()
        drain()
        assert (states(), shown()) == (["withdrawn"], 0)
        resume(dummy, now=timezone.now())
        drain()
        assert (states(), shown()) == (["sent"], 1)


def shown() -> int:
    return DummyPost.objects.filter(deleted_at=None).count()


class TestFollowing:
    def test_shows_the_revision(self, dummy: Account, post: Post) -> None:
        post_to_social_media(post)
        drain()
        post.revise(title="Better")
        follow([post.pk])
        drain()
        shown = DummyPost.objects.get()
        assert ("Better" in shown.text, shown.edited_at is not None, shown.revision) == (True, True, post.revision)

    def test_says_nothing_where_nothing_that_is_shown_changed(self, dummy: Account, post: Post) -> None:
        post_to_social_media(post)
        drain()
        Post.objects.filter(pk=post.pk).update(revision=post.revision + 1)
        follow([post.pk])
        drain()
        assert (DummyPost.objects.get().edited_at, states()) == (None, ["sent"])

    def test_takes_a_withdrawn_post_away(self, dummy: Account, post: Post) -> None:
        post_to_social_media(post)
        drain()
        post.withdraw()
        follow([post.pk])
        drain()
        assert (DummyPost.objects.get().deleted_at is not None, states()) == (True, ["withdrawn"])

    def test_takes_a_deleted_post_away(self, dummy: Account, post: Post) -> None:
        post_to_social_media(post)
        drain()
        pk = post.pk
        post.delete()
        follow([pk])
        drain()
        assert (DummyPost.objects.get().deleted_at is not None, states()) == (True, ["withdrawn"])

    def test_skips_what_was_withdrawn_before_it_went_out_and_shares_it_later(self, dummy: Account, post: Post) -> None:
        post_to_social_media(post)
        post.withdraw()
        drain()
        assert (states(), DummyPost.objects.count()) == (["skipped"], 0)
        post.publish(at=timezone.now())
        post_to_social_media(post)
        drain()
        assert (states(), DummyPost.objects.count()) == (["sent"], 1)
