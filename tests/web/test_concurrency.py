"""Many readers and writers at once, through the site's own doors, each on a connection of its own."""

from __future__ import annotations

import random
from functools import partial

import pytest
from django.core.cache import cache
from django.test import Client

from app.accounts.models import User
from app.blog import counters
from app.blog.models import Comment, Like, Post
from tests.concurrency import at_once
from tests.studio.forms import typed

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def post(author: User) -> Post:
    return Post.objects.create(title="At once", content="Words.", author=author, status="published")


def client_of(user: User) -> Client:
    """Return a client of this user, at an address of its own."""
    client = Client(REMOTE_ADDR=f"192.0.2.{user.pk % 250}")
    client.force_login(user)
    return client


class TestEightReaders:
    @pytest.mark.long
    @pytest.mark.timeout(400)
    @pytest.mark.covers("H32", "M6", "M7", "H12", "H30", "H31")
    @pytest.mark.parametrize("turns", [2, pytest.param(8, marks=pytest.mark.slow)])
    def test_of_many_likes_and_comments_each_leave_exact_counts(self, post: Post, author: User, turns: int) -> None:
        posts = [post, Post.objects.create(title="Beside it", content="-", author=author, status="published")]
        people = [User.objects.create_user(f"reader{number}") for number in range(8)]
        clients, writer = [client_of(each) for each in people], client_of(author)
        for turn in range(turns):
            cache.clear()  # another minute: what each may say in one is not asked here
            acts = [partial(_act, client, posts, 8 * turn + each) for each, client in enumerate(clients)]
            results = at_once(*acts, partial(_edit, writer, post, turn))
            assert results == [*[25] * 8, 25]
        for each in Post.objects.all():
            assert each.like_count == Like.objects.filter(post=each).count()
            assert each.comment_count == Comment.objects.approved().filter(post=each).count() > 0
        assert counters.drift() == []
        assert Post.objects.get(pk=post.pk).title == f"Turn {turns - 1}, edit 24"


def _edit(client: Client, post: Post, turn: int) -> int:
    """Edit 25 times in the studio. Return how many edits stood."""
    stood = 0
    for number in range(25):
        title, seen = f"Turn {turn}, edit {number}", Post.objects.get(pk=post.pk)
        client.post(f"/studio/posts/{post.pk}/", typed(title=title, slug=post.slug, revision=seen.revision))
        stood += Post.objects.get(pk=post.pk).title == title
    return stood


def _act(client: Client, posts: list[Post], seed: int) -> int:
    """Like, take back or comment 25 times. Return how many of it succeeded."""
    dice, done = random.Random(seed), 0
    for number in range(25):
        url = dice.choice(posts).get_absolute_url()
        choice = dice.choice(["like", "unlike", "comment"])
        if choice == "comment":
            answer = client.post(f"{url}comments", {"content": f"{seed} {number}"}, headers={"HX-Request": "true"})
        else:
            answer = client.post(f"{url}likes", {"_method": "delete"} if choice == "unlike" else {})
        done += answer.status_code in {200, 302}
    return done
