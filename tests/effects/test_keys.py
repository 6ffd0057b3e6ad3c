"""key=: serial for each subject."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event
from uuid import uuid4

import pytest
from django.db import connection, transaction

from owed import effect, registry, task
from owed.claiming import Claimed, claim
from owed.models import Effect
from owed.running import Report, run
from owed.sweeping import sweep
from owed.testing import drain, owes
from tests.waiting import wait_until

began, may_end = Event(), Event()
ran: list[int] = []
WAITING = "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted)"

pytestmark = pytest.mark.django_db(transaction=True)


@task("test.serial", kind="external", timeout=60, key="subject_id")
def serial(*, subject_id: int, n: int) -> None:
    began.set()
    assert may_end.wait(30)
    ran.append(n)


SPEC = registry.get("test.serial")


@pytest.fixture(autouse=True)
def _begin_anew() -> None:
    began.clear()
    may_end.clear()
    ran.clear()


def owe(subject: int, n: int) -> int:
    with transaction.atomic():
        [pk] = serial.delay(subject_id=subject, n=n).ids
    return int(pk)


def in_thread(pk: int) -> Report:
    try:
        return run(SPEC, [pk], uuid4())
    finally:
        connection.close()


def claimed_in_thread(pk: int) -> list[Claimed]:
    try:
        return claim(SPEC, [pk], uuid4())
    finally:
        connection.close()


def somebody_waits_for_a_subject() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(WAITING)
        return bool(cursor.fetchone()[0])


class TestEffectsOfOneSubject:
    def test_are_in_flight_one_at_a_time(self) -> None:
        first, second = owe(7, 1), owe(7, 2)
        with ThreadPoolExecutor(1) as pool:
            running = pool.submit(in_thread, first)
            assert began.wait(30)
            assert run(SPEC, [second], uuid4()).claimed == 0
            row = Effect.objects.get(pk=second)
            assert (row.state, row.attempt) == ("waiting", 0)
            may_end.set()
            assert running.result(30).done == [first]
        wait_until(lambda: sweep().ready)
        assert run(SPEC, [second], uuid4()).done == [second]
        assert ran == [1, 2]

    def test_claimed_at_the_same_moment_wait_for_each_other(self) -> None:
        first, second = owe(7, 1), owe(7, 2)
        with ThreadPoolExecutor(1) as pool:
            with transaction.atomic():
                assert len(claim(SPEC, [first], uuid4())) == 1
                other = pool.submit(claimed_in_thread, second)
                wait_until(somebody_waits_for_a_subject)
            assert other.result(30) == []
        assert Effect.objects.get(pk=first).state == "running"

    def test_follow_when_the_first_has_lost_its_lease(self) -> None:
        first, second = owe(7, 1), owe(7, 2)
        assert claim(SPEC, [first], uuid4())
        with connection.cursor() as cursor:
            cursor.execute("UPDATE effects_effect SET wake_at = clock_timestamp() WHERE id = %s", [first])
        sweep()
        assert len(claim(SPEC, [second], uuid4())) == 1

    def test_are_all_done_in_the_end(self) -> None:
        may_end.set()
        for n in range(5):
            owe(7, n)
        drain()
        assert sorted(ran) == list(range(5))
        assert not owes("test.serial").exists()


class TestEffectsOfTwoSubjects:
    def test_do_not_wait_for_each_other(self) -> None:
        first, second = owe(7, 1), owe(8, 2)
        assert claim(SPEC, [first], uuid4())
        assert claim(SPEC, [second], uuid4())


class TestAKey:
    def test_stands_on_the_row(self) -> None:
        pk = owe(7, 1)
        assert Effect.objects.get(pk=pk).key == "7"

    def test_is_refused_to_a_batch(self) -> None:
        with pytest.raises(ValueError, match="no key"):
            effect("test.wrong", batch=10, key="post_id")(lambda *, post_id: None)

    @pytest.mark.covers("E8")
    def test_keeps_deliveries_to_one_account_apart(self) -> None:
        assert registry.get("social.deliver").key == "social_post_id"
