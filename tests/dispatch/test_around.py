"""The signal manager among what it works with: the switchboard, a worker's steering, the metrics."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from celery import Celery, Task
from celery.exceptions import Ignore, Reject, Retry, SoftTimeLimitExceeded
from django.db import IntegrityError, transaction
from django.test import Client, override_settings
from django.utils import timezone

from app.accounts.models import User
from app.blog.models import Category, Post
from app.blog.signals import post_created, post_published
from app.dispatch import signal_manager
from app.search.models import Document
from owed import GiveUp, Later
from owed.models import Effect
from owed.testing import drain
from tests.dispatch.signals import something_happened

Register = Callable[..., None]


@pytest.fixture
def register() -> Iterator[Register]:
    """Register handlers for as long as the test runs."""
    kept: list[tuple[Any, Any]] = []

    def add(signal: Any, handler: Any, *more: Any) -> None:
        signal_manager.register_handler(signal, handler, *more)
        kept.append((signal, handler))

    yield add
    for signal, handler in kept:
        signal_manager.unregister_handler(signal, handler)


@pytest.mark.django_db(transaction=True)
class TestTheTutorialsExample:
    @pytest.mark.covers("K1", "K2", "D18")
    def test_runs_its_four_effects_once_beside_a_handler_of_ones_own(self, author: User, register: Register) -> None:
        post = Post.objects.create(title="On engines", content="Words.", author=author)
        post.publish(at=timezone.now())
        Effect.objects.all().delete()
        heard: list[Post] = []
        register(post_published, lambda post, **payload: heard.append(post))
        with transaction.atomic():
            signal_manager.dispatch_signal(post_published, post=post)
        drain()
        assert heard == [post]
        done = list(Effect.objects.filter(state="done").values_list("task", flat=True))
        for task in ("email.announce", "feeds.follow", "social.share", "search.refresh"):
            assert done.count(task) == 1, task
        assert Document.objects.filter(post=post).exists()


@pytest.mark.django_db(transaction=True)
class TestAFailingHandler:
    @pytest.mark.covers("K8")
    def test_keeps_the_post_and_lets_the_other_handlers_run(self, author: User, register: Register) -> None:
        heard: list[Post] = []

        def clash(**payload: Any) -> None:
            Category.objects.create(name="Twice", slug="twice")
            Category.objects.create(name="Twice", slug="twice")

        errors: list[Exception] = []
        register(post_created, clash, lambda error, **payload: errors.append(error))
        register(post_created, lambda post, **payload: heard.append(post))
        post = Post.objects.create(title="Kept", content="Words.", author=author)
        assert Post.objects.filter(pk=post.pk).exists()
        assert heard == [post]
        assert [type(error) for error in errors] == [IntegrityError]
        assert not Category.objects.exists()

    @pytest.mark.covers("K11")
    def test_is_counted_among_the_metrics(self, client: Client, db: None, register: Register) -> None:
        def fail(**payload: Any) -> None:
            raise ValueError("broken")

        register(something_happened, fail)
        signal_manager.failures.clear()
        for _ in range(3):
            signal_manager.dispatch_signal(something_happened, thing=1)
        [line] = [line for line in metrics(client).splitlines() if line.startswith("afterword_handler_failures_total{")]
        assert 'signal="tests.dispatch.signals.something_happened"' in line
        assert line.endswith(" 3.0")


def metrics(client: Client) -> str:
    with override_settings(METRICS_TOKEN="a token"):
        return client.get("/metrics", headers={"authorization": "Bearer a token"}).content.decode()


class TestSteering:
    @pytest.mark.covers("K12")
    @pytest.mark.parametrize("kind", [Retry, Ignore, Reject, SoftTimeLimitExceeded, Later, GiveUp])
    def test_of_a_worker_passes_through_the_default_manager(self, kind: type[Exception], register: Register) -> None:
        error = Later(timezone.now(), "not yet") if kind is Later else kind()

        def steer(**payload: Any) -> None:
            raise error

        register(something_happened, steer)
        with pytest.raises(kind):
            signal_manager.dispatch_signal(something_happened, thing=1)

    @pytest.mark.covers("K12")
    def test_by_a_handler_that_calls_retry_runs_the_task_again(self, register: Register) -> None:
        tries: list[int] = []
        app = Celery("of this test", set_as_current=False, broker="memory://", backend="cache+memory://")

        @app.task(bind=True, max_retries=3)
        def tell(self: Task) -> str:
            signal_manager.dispatch_signal(something_happened, task=self)
            return "told"

        def handler(task: Task, **payload: Any) -> None:
            tries.append(task.request.retries)
            if len(tries) < 3:
                raise task.retry(countdown=0)

        register(something_happened, handler)
        tell.apply()
        assert tries == [0, 1, 2]
