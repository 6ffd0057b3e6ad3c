import random
from datetime import timedelta
from functools import partial

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from app.accounts.models import Role, User
from app.blog import counters, versions
from app.blog.changes import change
from app.blog.errors import AlreadyPublished, PostGone, Refused
from app.blog.models import Comment, Like, Post
from app.notices.models import Notice
from owed.testing import drain
from tests.blog.announcements import counts, names
from tests.concurrency import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def errors(results: list[object]) -> list[object]:
    return [result for result in results if isinstance(result, Exception)]


class TestAtOnce:
    @pytest.mark.covers("H17", "H16")
    def test_twenty_publishers_publish_once(self, draft, author, said):
        copies = [Post.objects.get() for _ in range(20)]
        results = at_once(*(partial(copy.publish, at=timezone.now()) for copy in copies))

        assert [type(error) for error in errors(results)] == [AlreadyPublished] * 19
        assert names(said) == ["post_published"]
        assert counts(author) == (1, 1)

    @pytest.mark.covers("H20", "H17")
    def test_two_schedulers_publish_each_due_post_once(self, author, said):
        now = timezone.now()
        for number in range(10):
            Post.objects.create(title=f"P{number}", content="-", author=author, status="scheduled", publish_at=now)
        said.clear()
        results = at_once(*[partial(Post.objects.publish_due, now + timedelta(seconds=1))] * 4)

        assert sum(results) == 10
        assert names(said) == ["post_published"] * 10
        assert counts(author) == (10, 10)

    @pytest.mark.covers("M10", "M6")
    def test_twenty_likes_of_one_user_are_one(self, public, reader, said):
        results = at_once(*[partial(public.like, reader)] * 20)

        assert results.count(True) == 1
        assert results.count(False) == 19
        assert Like.objects.count() == Post.objects.get().like_count == 1
        assert names(said) == ["post_liked"]
        drain()
        assert Notice.objects.filter(kind="like").count() == 1

    @pytest.mark.covers("M6", "M10")
    def test_likes_and_their_opposites_of_one_user_are_no_error(self, public, reader):
        results = at_once(*[partial(_waver, Post.objects.get(), reader, 50) for _ in range(4)])

        assert errors(results) == []
        assert Like.objects.count() == Post.objects.get().like_count == 0

    @pytest.mark.covers("H32", "M6", "M7")
    def test_likes_comments_and_edits_of_two_posts_stay_right_and_meet_no_deadlock(self, author):
        posts = [Post.objects.create(title=f"P{n}", content="-", author=author, status="published") for n in range(2)]
        readers = [User.objects.create_user(f"r{n}") for n in range(8)]
        results = at_once(*(partial(_many_things, posts, reader, seed) for seed, reader in enumerate(readers)))

        assert errors(results) == []
        for post in Post.objects.all():
            assert post.like_count == post.likes.count()
            assert post.comment_count == post.comments.approved().count()
        assert counters.drift() == []

    @pytest.mark.covers("M12", "H1")
    def test_posts_of_one_author_are_all_counted(self, author):
        results = at_once(*[partial(_write_five, author)] * 8)

        assert errors(results) == []
        assert counts(author) == (40, 24)
        assert Post.objects.values("slug").distinct().count() == 40

    @pytest.mark.covers("M3", "H32")
    def test_authors_that_swap_posts_meet_no_deadlock(self, author):
        other = User.objects.create_user("bob", role=Role.AUTHOR)
        mine, theirs = (Post.objects.create(title="T", content="-", author=each) for each in (author, other))
        results = at_once(*(partial(_pass_around, post, [author, other]) for post in (mine, theirs) for _ in range(2)))

        assert errors(results) == []
        assert counters.drift() == []

    @pytest.mark.covers("H32", "G5")
    def test_bulk_and_single_changes_meet_no_deadlock(self, author):
        other = User.objects.create_user("bob", role=Role.AUTHOR)
        for number in range(20):
            Post.objects.create(title="T", content="-", author=(author, other)[number % 2])
        results = at_once(*(partial(_turn_over, random.Random(seed)) for seed in range(4)), *[_turn_all_over] * 2)

        assert errors(results) == []
        assert counters.drift() == []

    @pytest.mark.long
    @pytest.mark.covers("H12", "M7")
    def test_a_hundred_edits_beside_a_hundred_comments_are_never_lost(self, public, reader):
        results = at_once(partial(_edit, 100), *[partial(_answer, Post.objects.get(), reader, 50) for _ in range(2)])

        assert errors(results) == []
        assert (Post.objects.get().title, Post.objects.get().comment_count) == ("Edit 99", 100)
        assert counters.drift() == []

    @pytest.mark.long
    @pytest.mark.covers("H22")
    def test_a_deletion_beside_anything_leaves_no_zombie(self, author, reader):
        for number in range(30):
            post = Post.objects.create(title=f"P{number}", content="-", author=author, status="published")
            copies = [Post.objects.get() for _ in range(4)]
            copies[0].title = "Changed"
            results = at_once(
                post.delete,
                copies[0].save,
                partial(copies[1].like, reader),
                partial(copies[2].comment, author=reader, content="x"),
                copies[3].withdraw,
            )
            assert not Post.objects.exists(), results
            assert all(isinstance(error, Refused) for error in errors(results)), results
        assert (Like.objects.count(), Comment.objects.count()) == (0, 0)
        assert counts(author) == (0, 0)

    @pytest.mark.covers("H6", "H7")
    def test_two_deletions_count_and_say_once(self, public, author, said):
        results = at_once(*[Post.objects.get().delete for _ in range(2)], Post.objects.all().delete)

        assert errors(results) == []
        assert names(said) == ["post_deleted"]
        assert counts(author) == (0, 0)

    @pytest.mark.covers("M2")
    def test_one_title_makes_different_slugs_and_one_slug_is_taken_once(self, author):
        same = partial(Post.objects.create, title="Same", content="-", author=author)
        assert errors(at_once(*[same] * 6)) == []
        results = at_once(*(partial(post.revise, slug="wanted") for post in Post.objects.all()))

        assert [type(error) for error in errors(results)] == [ValidationError] * 5

    @pytest.mark.covers("G5")
    def test_a_repair_beside_likes_sets_nothing_wrong(self, public, author):
        readers = [User.objects.create_user(f"r{n}") for n in range(6)]
        found = [counters.Drift(subject="post", pk=public.pk, stored=(0, 0), actual=(0, 0))] * 10
        results = at_once(partial(counters.repair, found), *(partial(public.like, reader) for reader in readers))

        assert errors(results) == []
        assert Post.objects.get().like_count == 6


class TestChanges:
    def test_a_part_that_was_rolled_back_counts_nothing(self, author):
        with change():
            Post.objects.create(title="Kept", content="-", author=author)
            with pytest.raises(RuntimeError), transaction.atomic():
                Post.objects.create(title="Lost", content="-", author=author, status="published")
                raise RuntimeError

        assert counts(author) == (1, 0)
        assert versions.current("site") == 0

    def test_that_fail_leave_nothing_for_the_next(self, author):
        with pytest.raises(RuntimeError), change():
            Post.objects.create(title="Lost", content="-", author=author)
            raise RuntimeError
        Post.objects.create(title="Kept", content="-", author=author)

        assert counts(author) == (1, 0)


def _many_things(posts: list[Post], reader: User, seed: int) -> None:
    dice = random.Random(seed)
    for step in range(15):
        post = dice.choice(posts)
        dice.choice([post.like, post.unlike])(reader)
        if step % 3 == 0:
            comment = post.comment(author=reader, content="x")
            if dice.random() < 0.5:
                comment.hide()
        if step % 5 == 0:
            post.revise(title=f"Title {seed} {step}")


def _edit(times: int) -> None:
    for number in range(times):
        Post.objects.get().revise(title=f"Edit {number}")
        assert Post.objects.get().title == f"Edit {number}"


def _answer(stale: Post, reader: User, times: int) -> None:
    for number in range(times):
        stale.comment(author=reader, content=f"{number}")


def _waver(post: Post, reader: User, times: int) -> None:
    for _ in range(times):
        post.like(reader)
        post.unlike(reader)


def _write_five(author: User) -> None:
    for number in range(5):
        Post.objects.create(title="Same", content="-", author=author, status=("draft", "published")[number % 2 or number == 4])


def _pass_around(post: Post, authors: list[User]) -> None:
    copy = Post.objects.get(pk=post.pk)
    for number in range(10):
        copy.revise(author=authors[number % 2])


def _turn_over(dice: random.Random) -> None:
    for _ in range(15):
        post = Post.objects.get(pk=dice.choice(Post.objects.values_list("pk", flat=True)))
        try:
            post.withdraw() if post.is_public else post.publish(at=timezone.now())
        except PostGone:
            raise
        except Refused:
            continue


def _turn_all_over() -> None:
    for _ in range(3):
        Post.objects.all().publish(at=timezone.now())
        Post.objects.all().withdraw()
