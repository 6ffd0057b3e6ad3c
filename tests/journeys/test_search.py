"""The search index follows the posts, whoever dies: P3, P4, and more workers for a long backlog."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytest_celery import CeleryTestSetup

from app.accounts.models import User
from app.search.models import Document
from app.search.query import search
from owed.models import Effect
from tests.database import forget
from tests.journeys import sample_tasks as samples
from tests.journeys.nodes import WorkerProcess
from tests.journeys.owing import count, owe
from tests.journeys.waiting import eventually
from tests.proof.processes import environment
from tools.devserver.server import ROOT

pytestmark = [pytest.mark.usefixtures("fresh"), pytest.mark.timeout(300)]

PUBLISH = """
import os
from django.utils import timezone
from app.accounts.models import User
from app.blog.models import Post
for n in range({count}):
    Post.objects.create(title=f"Whale {{n}}", content="-", author=User.objects.get(username="ada")).publish(at=timezone.now())
os.kill(os.getpid(), {end})
"""
FORGET_POSTS = "TRUNCATE blog_post, search_document, search_word, accounts_user CASCADE"
More = Callable[[int], None]


@pytest.fixture
def author(clean: None) -> Iterator[User]:
    yield User.objects.create_user("ada", role="author")
    forget(FORGET_POSTS)


def publish_and_die(posts: int, env: dict[str, str]) -> None:
    """Publish in a process of its own, which is killed right after the last commit."""
    code = PUBLISH.format(count=posts, end=int(signal.SIGKILL))
    done = subprocess.run([sys.executable, "manage.py", "shell", "-c", code], cwd=ROOT, env=env, check=False, timeout=120)
    assert done.returncode == -signal.SIGKILL


def indexed() -> int:
    return Document.objects.count()


class TestPostsOfAProcessThatDied:
    @pytest.mark.long
    @pytest.mark.covers("P4", "P3", "X1")
    def test_are_all_found_once_workers_are_back(
        self, celery_setup: CeleryTestSetup, author: User, journey_env: dict[str, str]
    ) -> None:
        celery_setup.worker.kill()
        publish_and_die(99, {**environment(), **journey_env})
        celery_setup.broker.container.client.flushall()
        assert indexed() == 0
        celery_setup.worker.restart()
        eventually(lambda: indexed() == 99)
        assert search("whale").total == 99

    @pytest.mark.covers("P3")
    def test_alone_is_found_within_seconds_and_without_another_save(
        self, celery_setup: CeleryTestSetup, author: User, journey_env: dict[str, str]
    ) -> None:
        publish_and_die(1, {**environment(), **journey_env})
        eventually(lambda: indexed() == 1)
        eventually(lambda: not Effect.objects.filter(task="search.refresh").pending().exists())
        row = Effect.objects.get(task="search.refresh")
        assert (row.finished_at - row.created_at).total_seconds() < 10


class TestFourWorkers:
    @pytest.fixture
    def more(self, journey_folder: Path, journey_env: dict[str, str]) -> Iterator[More]:
        """Start more workers beside the first."""
        started: list[WorkerProcess] = []

        def start(number: int) -> None:
            started.extend(WorkerProcess(journey_folder, journey_env, name=f"more{n}") for n in range(number))
            assert all(worker.ready() for worker in started)

        yield start
        for worker in started:
            worker.kill()

    @pytest.mark.long
    @pytest.mark.covers("D21")
    def test_do_as_much_in_less_time_than_one(self, celery_setup: CeleryTestSetup, more: More) -> None:
        if not isinstance(celery_setup.worker.container, WorkerProcess):
            pytest.skip("more workers are started as processes")
        alone = seconds_for(range(40))
        more(3)
        together = seconds_for(range(40, 80))
        assert samples.written() == [(n, 1) for n in range(80)]
        print(f"seconds for 40 effects of 0.3 s: one worker {alone:.1f}, four workers {together:.1f}")
        assert together < 0.7 * alone


def seconds_for(numbers: range) -> float:
    began, before = time.monotonic(), count("done")
    owe(*(samples.take_a_while.si(n=n) for n in numbers))
    eventually(lambda: count("done") == before + len(numbers))
    return time.monotonic() - began
