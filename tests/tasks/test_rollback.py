"""A change that is rolled back owed nothing, rang nobody and left no row, whichever change it was."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.db.models import F
from django.test import Client
from django.utils import timezone

from app.accounts.models import User
from app.blog.models import Comment, Post
from app.members.password_reset import request_password_reset
from app.newsletter.mailing_list import add_to_mailing_list
from app.newsletter.models import Subscriber
from app.social.models import DummyPost
from owed.models import Effect
from owed.testing import drain
from owed.waker import Hint, waker
from tests.sinks import Sink
from tests.tasks.world import World
from tests.waiting import wait_until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.covers("G12", "H29", "A3")]
COUNTED = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' ORDER BY 1"


class Undone(Exception):
    pass


def published() -> Post:
    return Post.objects.public().get()


CHANGES: dict[str, Callable[[User], object]] = {
    "a draft": lambda user: Post.objects.create(title="New", content="-", author=user),
    "a publication": lambda user: Post.objects.get(status="draft").publish(at=timezone.now()),
    "publications in bulk": lambda user: Post.objects.all().publish(at=timezone.now()),
    "a plan": lambda user: Post.objects.get(status="draft").schedule(publish_at=timezone.now() + timedelta(hours=1)),
    "a revision": lambda user: published().revise(title="Other", content="Other."),
    "a withdrawal": lambda user: published().withdraw(),
    "a deletion": lambda user: published().delete(),
    "deletions in bulk": lambda user: Post.objects.all().delete(),
    "a comment": lambda user: published().comment(author=user, content="Hm."),
    "a guest's comment": lambda user: published().comment(guest_name="Eve", content="Hm."),
    "an approval": lambda user: Comment.objects.held().get().approve(),
    "a comment hidden": lambda user: Comment.objects.approved().get().hide(),
    "a like": lambda user: published().like(user),
    "a registration": lambda user: User.objects.register("new", "new@example.org", "a-long-password-77"),
    "a wish to read": lambda user: Subscriber.objects.subscribe("new@example.org", source="page", consent="Yes."),
    "a wish of an account": lambda user: add_to_mailing_list(user),
    "a wish for another password": lambda user: request_password_reset(user.email),
    "the end of an account": lambda user: user.leave(),
}


@pytest.fixture
def rung() -> Iterator[list[Hint]]:
    """Collect the hints that would have gone to the broker."""
    hints: list[Hint] = []
    before, waker.publish = waker.publish, hints.extend
    yield hints
    waker.publish = before


def rows() -> dict[str, int]:
    """Return how many rows each table holds."""
    with connection.cursor() as cursor:
        cursor.execute(COUNTED)
        tables = [name for (name,) in cursor.fetchall()]
        cursor.execute(" UNION ALL ".join(f"SELECT '{name}', count(*) FROM \"{name}\"" for name in tables))
        return dict(cursor.fetchall())


@pytest.fixture
def post(author: User, draft: Post, world: World, smtp_sink: Sink, rung: list[Hint]) -> Post:
    """A public post with a comment and one that waits for approval, beside the draft; nothing is owed any more."""
    post = Post.objects.create(title="In public", content="Words.", author=author, status="published")
    post.comment(author=User.objects.create_user("rob", "rob@example.org"), content="Well said.")
    post.comment(guest_name="Gus", content="May I?")
    drain()
    waker.wait_idle()
    rung.clear()
    return post


@pytest.mark.parametrize("change", CHANGES)
class TestARollback:
    def test_leaves_nothing(self, author: User, post: Post, smtp_sink: Sink, rung: list[Hint], change: str) -> None:
        mails, before, stored = len(smtp_sink.captured), rows(), Post.objects.order_by("pk").values()
        kept, shared = list(stored), DummyPost.objects.count()
        with pytest.raises(Undone), transaction.atomic():
            CHANGES[change](author)
            assert Effect.objects.count() > before["effects_effect"]
            waker.wait_idle()
            assert rung == []
            raise Undone
        waker.wait_idle()
        assert rung == []
        assert drain() == []
        assert rows() == before
        assert list(stored.all()) == kept
        assert (len(smtp_sink.captured), DummyPost.objects.count()) == (mails, shared)
        assert Client().get(post.get_absolute_url()).status_code == 200


class TestACommit:
    @pytest.mark.parametrize("change", CHANGES)
    def test_rings_for_all_that_is_due_at_once_and_for_what_follows_from_it(
        self, author: User, post: Post, rung: list[Hint], change: str
    ) -> None:
        before = set(Effect.objects.values_list("pk", flat=True))
        CHANGES[change](author)
        drain()
        due_at_once = set(Effect.objects.filter(due_at__lte=F("created_at")).values_list("pk", flat=True)) - before
        assert due_at_once
        wait_until(lambda: due_at_once <= {pk for hint in rung for pk in hint.ids})

    @pytest.mark.covers("H33")
    def test_rings_for_what_the_signals_receivers_owed_inside(self, draft: Post, rung: list[Hint]) -> None:
        with transaction.atomic():
            draft.publish(at=timezone.now())
            assert Effect.objects.filter(task="email.announce").exists()
            waker.wait_idle()
            assert {hint.task for hint in rung} <= {"email.review"}
        wait_until(lambda: {"email.announce", "social.share", "cache.purge"} <= {hint.task for hint in rung})
