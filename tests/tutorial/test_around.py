"""What the tutorial's tests leave open: rollback, a real worker, what the message holds, other ways to delete."""

from __future__ import annotations

from collections.abc import Iterator
from unittest.mock import patch

import pytest
from celery.contrib.testing.worker import start_worker
from celery.signals import task_postrun
from django.db import connection, transaction
from django.utils import timezone

from app.accounts.models import User
from app.blog.models import Post
from owed.celery import EffectTask, Publisher
from owed.models import Effect
from owed.testing import eager
from owed.waker import Hint, waker
from tests.waiting import wait_until
from worker.celery import app

SEND = "tasks.email.send_publication_notifications"


@pytest.fixture
def author(transactional_db: None) -> User:
    return User.objects.create_user(username="testuser", password="testpass")


@pytest.fixture
def post(author: User) -> Post:
    return Post.objects.create(title="Test Post", content="Test Content", author=author)


@pytest.fixture
def _worker(transactional_db: None) -> Iterator[None]:
    """Run a worker of the real application in a thread: a patch reaches it."""

    def hang_up(**kwargs: object) -> None:
        connection.close()

    app.control.purge()
    task_postrun.connect(hang_up)
    try:
        with start_worker(app, pool="solo", concurrency=1, perform_ping_check=False, shutdown_timeout=20):
            yield
    finally:
        task_postrun.disconnect(hang_up)


def publish(post: Post) -> None:
    post.status = "published"
    post.save()


class TestPublishing:
    @pytest.mark.covers("T2")
    def test_calls_nothing_when_the_transaction_is_rolled_back(self, post: Post) -> None:
        with eager(), patch(SEND) as send, pytest.raises(RuntimeError), transaction.atomic():
            publish(post)
            raise RuntimeError
        send.assert_not_called()
        assert Post.objects.get(pk=post.pk).status == "draft"

    @pytest.mark.covers("T4", "T3")
    @pytest.mark.usefixtures("_worker")
    def test_calls_the_patched_function_in_a_real_worker(self, post: Post) -> None:
        with patch(SEND) as send:
            publish(post)
            wait_until(lambda: send.called)
            wait_until(lambda: not Effect.objects.filter(task="email.announce").pending().exists())
        send.assert_called_once_with(post)

    @pytest.mark.covers("T3", "X11")
    def test_puts_ids_alone_into_the_row_and_the_message(self, post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(waker, "publish", None)
        assert waker.wait_idle(10)
        app.control.purge()
        publish(post)
        effect = Effect.objects.get(task="email.announce")
        assert effect.args == {"post_id": post.pk}
        Publisher(app)([Hint(effect.task, (effect.pk,))])
        with app.connection_for_read() as broker:
            message = broker.default_channel.basic_get("email", no_ack=True)
        assert message.headers["effects"] == [effect.pk]
        assert message.payload[:2] == [[], {}]
        assert isinstance(app.tasks["email.announce"], EffectTask)


class TestDeleting:
    @pytest.mark.covers("T5")
    def test_moves_the_count_for_a_freshly_loaded_post_and_for_a_queryset(self, author: User, post: Post) -> None:
        other = Post.objects.create(title="Another", content="...", author=author)
        Post.objects.get(pk=post.pk).delete()
        author.profile.refresh_from_db()
        assert author.profile.post_count == 1
        Post.objects.filter(pk=other.pk).delete()
        author.profile.refresh_from_db()
        assert author.profile.post_count == 0

    @pytest.mark.covers("T5")
    def test_moves_the_count_in_the_transaction_of_the_change(self, author: User, post: Post) -> None:
        with transaction.atomic():
            post.delete()
            author.profile.refresh_from_db()
            assert author.profile.post_count == 0

    @pytest.mark.covers("A2", "T5")
    def test_tells_all_posts_from_those_that_are_public(self, author: User, post: Post) -> None:
        post.publish(at=timezone.now())
        Post.objects.create(title="A draft", content="...", author=author)
        author.profile.refresh_from_db()
        assert (author.profile.post_count, author.profile.published_post_count) == (2, 1)
