"""Many readers at the same moment, through the site's own page, beside writers and workers."""

from __future__ import annotations

import itertools
import random
import subprocess
import sys
from datetime import timedelta
from functools import partial
from threading import Event
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from app.accounts.models import User
from app.blog.errors import Refused
from app.blog.models import Post
from app.stats import page_views
from app.stats.models import Activity, View
from owed.draining import work
from owed.models import Effect
from owed.sweeping import sweep
from owed.testing import drain
from tests.concurrency import at_once
from tests.proof.processes import environment
from tests.sizes import sizes
from tests.stats.requests import BROWSER, count

pytestmark = pytest.mark.django_db(transaction=True)
WORK = "import django; django.setup(); from owed.draining import work; work()"


def visit(post: Post, addresses: list[str]) -> list[int]:
    """Read the post's page from each address. Return the answers."""
    client, url = Client(), post.get_absolute_url()
    return [client.get(url, REMOTE_ADDR=address, headers={"User-Agent": BROWSER}).status_code for address in addresses]


def work_until(over: Event) -> None:
    """Do what a worker does: run what is due."""
    while not over.is_set():
        work()


def then(over: Event, *actions: Any) -> None:
    try:
        for action in actions:
            action()
    finally:
        over.set()


class TestTwoHundredReaders:
    @pytest.mark.covers("M5", "H23", "A7")
    def test_at_the_same_moment_are_two_hundred_views(self, post: Post, buffer: page_views.Buffer) -> None:
        addresses = [f"203.0.113.{n}" for n in range(200)]
        over, shares = Event(), [addresses[n::20] for n in range(20)]
        results = at_once(*(partial(visit, post, share) for share in shares))
        assert results == [[200] * 10] * 20
        counted = at_once(partial(then, over, buffer.flush, drain), *[partial(work_until, over)] * 2)
        assert counted == [None] * 3
        drain()
        assert count(post) == View.objects.count() == 200
        with connection.cursor() as cursor:
            cursor.execute("SELECT string_agg(stats_view::text || encode(visitor, 'escape'), ' ') FROM stats_view")
            [(kept,)] = cursor.fetchall()
        assert "203.0.113" not in kept
        assert "Firefox" not in kept


class TestAWorker:
    @pytest.mark.covers("M5", "A7", "X5")
    @pytest.mark.parametrize("point", ["after-claim", "after-body", "before-finish-commit", "after-finish-commit"])
    def test_that_dies_while_it_counts_counts_nothing_twice_and_loses_nothing(self, post: Post, point: str) -> None:
        at = timezone.now()
        drain()
        page_views.write([page_views.Seen(post.pk, n.to_bytes(16, "big"), at.date(), at) for n in range(200)])
        Effect.objects.exclude(task="stats.fold").delete()
        Effect.objects.update(state="ready")
        env = {**environment(), "OWED_CRASH_AT": point}
        assert subprocess.run([sys.executable, "-c", WORK], env=env, timeout=60, check=False).returncode == 137
        page_views.write([page_views.Seen(post.pk, n.to_bytes(16, "big"), at.date(), at) for n in range(150, 250)])
        with connection.cursor() as cursor:
            cursor.execute("UPDATE effects_effect SET wake_at = clock_timestamp() WHERE state = 'running'")
        sweep()
        drain()
        assert count(post) == View.objects.count() == 250


class TestFourProcesses:
    @pytest.mark.covers("M5", "H32")
    def test_that_saw_the_same_readers_in_another_order_meet_no_deadlock(self, post: Post, author: User) -> None:
        posts = [post, Post.objects.create(title="Another", content="-", author=author, status="published")]
        readers, today = [n.to_bytes(16, "big") for n in range(2000)], timezone.now()
        for day in range(5):
            at = today - timedelta(days=day)
            seen = [page_views.Seen(each.pk, reader, at.date(), at) for each in posts for reader in readers]
            orders = [random.Random(seed).sample(seen, len(seen)) for seed in range(4)]
            assert sum(at_once(*(partial(page_views.write, batch) for batch in orders))) == len(seen)
        drain()
        assert [count(each) for each in posts] == [10_000, 10_000]

    @pytest.mark.covers("E9", "H32")
    def test_that_saw_one_reader_in_several_browsers_note_it_once(self, post: Post, author: User) -> None:
        people, now = [User.objects.create_user(f"reader{n}").pk for n in range(100)], timezone.now()
        browsers = [
            [page_views.Seen(post.pk, bytes([browser, person % 256] * 8), now.date(), now, person) for person in people]
            for browser in range(4)
        ]
        orders = [random.Random(seed).sample(batch, len(batch)) for seed, batch in enumerate(browsers)]
        assert at_once(*(partial(page_views.write, batch) for batch in orders)) == [100] * 4
        assert Activity.objects.count() == 100


@pytest.mark.timeout(300)
class TestAReaderBesideAWriter:
    @pytest.mark.long
    @pytest.mark.covers("H21", "H22", "H12")
    @pytest.mark.parametrize("times", sizes(15, 100))
    def test_leaves_each_edit_and_each_withdrawal_standing(self, post: Post, buffer: page_views.Buffer, times: int) -> None:
        over = Event()
        results = at_once(
            partial(then, over, partial(_edit_and_withdraw, post.pk, times)),
            partial(_read_until, over, post),
            partial(_write_and_fold, buffer, post.pk, over),
        )
        assert [results[0], results[2]] == [None, None]
        assert results[1] == {200, 410}
        buffer.flush()
        drain()
        assert count(post) == View.objects.count()

    @pytest.mark.long
    @pytest.mark.covers("H22")
    @pytest.mark.parametrize("times", sizes(15, 100))
    def test_brings_no_deleted_post_back(self, author: User, buffer: page_views.Buffer, times: int) -> None:
        for number in range(times):
            post = Post.objects.create(title=f"P{number}", content="-", author=author, status="published")
            visit(post, ["192.0.2.1"])
            results = at_once(
                post.delete,
                partial(visit, Post.objects.get(), ["192.0.2.2"]),
                buffer.flush,
                partial(page_views.fold, [post.pk]),
            )
            assert not [each for each in results if isinstance(each, Exception)], results
            assert not Post.objects.exists()
        buffer.flush()
        drain()
        assert (Post.objects.count(), View.objects.count()) == (0, 0)


def _read_until(over: Event, post: Post) -> set[int]:
    seen: set[int] = set()
    for number in itertools.count():
        seen.update(visit(post, [f"198.51.100.{number % 250}"]))
        if over.is_set():
            return seen
    raise AssertionError


def _write_and_fold(buffer: page_views.Buffer, pk: int, over: Event) -> None:
    while not over.wait(0.01):
        buffer.flush()
        page_views.fold([pk])


def _edit_and_withdraw(pk: int, times: int) -> None:
    for number in range(times):
        Post.objects.get(pk=pk).revise(title=f"Edit {number}")
        assert Post.objects.get(pk=pk).title == f"Edit {number}"
        Post.objects.get(pk=pk).withdraw()
        assert Post.objects.get(pk=pk).status == "withdrawn"
        try:
            Post.objects.get(pk=pk).publish(at=timezone.now())
        except Refused as refused:
            raise AssertionError("a withdrawal was taken back") from refused
