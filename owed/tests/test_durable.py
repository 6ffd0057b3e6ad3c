"""Tasks of plain Celery that one setting made durable."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from celery import Celery, chain, chord, group
from django.db import transaction
from django.utils.timezone import now
from pytest_django import Settings

from owed import BadArguments, registry
from owed.celery import HEADER, Publisher
from owed.durable import DurableResult, DurableTask, is_durable
from owed.models import Effect
from owed.testing import Crashed, broker_down, crash_at, drain, expire_leases, owes
from owed.tests import celery_samples as samples

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _clean() -> Iterator[None]:
    samples.seen.clear()
    samples.broken.clear()
    yield
    samples.broken.clear()


def messages(app: Any, queue: str) -> int:
    """Return how many messages the tests' own broker, in memory, holds."""
    with app.connection_for_read() as broker:
        size: int = broker.default_channel.queue_declare(queue=queue).message_count
        return size


class TestCalling:
    def test_writes_a_row_and_sends_no_message(self) -> None:
        before = messages(samples.app, "everything")
        result = samples.add.delay(1, right=2, note="n")
        [row] = owes("owed_tests.add")
        assert (f"e{row.pk}", row.args) == (result.id, {"args": [1], "kwargs": {"right": 2, "note": "n"}})
        assert messages(samples.app, "everything") == before

    @pytest.mark.parametrize("call", ["delay", "delay_on_commit", "signature", "immutable", "on_commit"])
    def test_is_durable_however_it_is_called(self, call: str) -> None:
        task = samples.add
        {
            "delay": lambda: task.delay(1, 2),
            "delay_on_commit": lambda: task.delay_on_commit(1, 2),
            "signature": lambda: task.s(2).delay(1),
            "immutable": lambda: task.si(1, 2).apply_async(),
            "on_commit": lambda: task.apply_async_on_commit((1, 2)),
        }[call]()
        drain()
        assert len(samples.seen) == 1
        assert sum(samples.seen[0][:2]) == 3

    @pytest.mark.django_db(transaction=True)
    def test_goes_with_the_transaction(self) -> None:
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            samples.add.delay(1)
            raise ZeroDivisionError
        assert Effect.objects.count() == 0
        samples.add.delay(1)
        assert Effect.objects.count() == 1

    @pytest.mark.django_db(transaction=True)
    def test_survives_a_broker_that_is_away(self) -> None:
        with broker_down() as tried:
            samples.add.delay(1)
            samples.add.delay(2)
        assert {hint.task for hint in tried} <= {"owed_tests.add"}
        drain()
        assert [each[0] for each in samples.seen] == [1, 2]

    def test_keeps_the_types_that_celery_keeps(self) -> None:
        moment, key = datetime(2026, 1, 2, tzinfo=UTC), uuid4()
        samples.mail_typed.delay(moment, key)
        drain()
        assert samples.seen == [(moment, key)]

    def test_refuses_what_json_cannot_hold(self) -> None:
        with pytest.raises(BadArguments, match=r"owed_tests\.add: Object of type object"):
            samples.add.delay(object())

    def test_refuses_arguments_that_the_task_does_not_take(self) -> None:
        with pytest.raises(TypeError):
            samples.add.delay(1, 2, 3, 4)

    @pytest.mark.parametrize(
        "option", [{"countdown": 3600}, {"eta": datetime(2099, 1, 1, tzinfo=UTC)}, {"eta": datetime(2099, 1, 1)}]
    )
    def test_waits_in_the_database(self, option: dict[str, Any]) -> None:
        samples.add.apply_async((1,), **option)
        drain()
        [row] = owes("owed_tests.add")
        assert (samples.seen, row.state) == ([], "waiting")
        assert row.due_at - now() > timedelta(minutes=59)

    @pytest.mark.parametrize("name", ["ignore_result", "serializer", "retry", "compression", "shadow"])
    def test_takes_options_that_say_how_a_message_travels(self, name: str) -> None:
        samples.add.apply_async((1,), **{name: "json"})
        assert owes("owed_tests.add").count() == 1

    @pytest.mark.parametrize("name", ["link", "link_error", "expires", "queue", "priority", "task_id", "headers", "exchange"])
    def test_refuses_options_that_a_row_cannot_keep(self, name: str) -> None:
        with pytest.raises(BadArguments, match=rf"owed_tests\.add: a row of the ledger cannot keep {name}; say durable=False"):
            samples.add.apply_async((1,), **{name: "some"})

    @pytest.mark.parametrize(
        "canvas",
        [
            chain(samples.add.s(1), samples.add.s(2)),
            group(samples.add.s(1), samples.add.s(2)),
            chord([samples.add.s(1)], samples.add.si(2)),
        ],
    )
    def test_refuses_a_canvas(self, canvas: Any) -> None:
        with pytest.raises(BadArguments, match="cannot keep"):
            canvas.apply_async()

    def test_refuses_a_task_that_expires(self) -> None:
        with pytest.raises(BadArguments, match="cannot keep expires"):
            samples.expiring.delay()


class TestRunning:
    def test_gives_the_task_its_own_request(self) -> None:
        result = samples.bound.delay("x")
        drain()
        assert samples.seen == [("owed_tests.bound", result.id, ["x"], 0, False)]

    def test_opens_no_transaction_unless_the_task_is_atomic(self) -> None:
        samples.atomic.delay()
        drain()
        assert samples.seen == [True]
        assert (registry.get("owed_tests.atomic").kind, registry.get("owed_tests.add").kind) == ("atomic", "external")

    def test_answers_a_hint_as_a_worker_gets_it(self) -> None:
        result = samples.add.delay(1, 2)
        task = samples.app.tasks["owed_tests.add"]
        task.push_request(id=str(uuid4()), called_directly=False, **{HEADER: [result.pk]})
        task()
        task.pop_request()
        assert samples.seen == [(1, 2, "")]
        assert result.successful()

    def test_runs_a_message_of_before_as_celery_does(self) -> None:
        assert samples.add.apply((1, 2)).result == 3
        assert Effect.objects.count() == 0

    def test_a_direct_call_runs_the_body(self) -> None:
        assert samples.add(1, 2) == 3
        assert Effect.objects.count() == 0

    def test_goes_to_the_queue_of_its_routes(self) -> None:
        queue = Publisher(samples.app)._queue
        assert (queue("owed_tests.mail_typed"), queue("owed_tests.add")) == ("mail", "everything")

    def test_keeps_the_time_limits_of_the_task(self) -> None:
        effect = registry.get("owed_tests.limited")
        assert (effect.timeout, samples.limited.time_limit) == (7, 12.5)
        assert registry.get("owed_tests.add").timeout == 3600

    @pytest.mark.django_db(transaction=True)
    def test_is_run_again_when_its_worker_died(self) -> None:
        samples.add.delay(1)
        with crash_at("after-body"), pytest.raises(Crashed):
            drain()
        expire_leases()
        drain()
        assert len(samples.seen) == 2
        assert Effect.objects.get().state == "done"


class TestFailing:
    def test_is_dead_at_once_as_in_celery(self) -> None:
        result = samples.fails.delay()
        drain()
        [row] = Effect.objects.all()
        assert (row.state, row.attempt, row.error) == ("dead", 1, "ValueError: [address] is unknown")
        assert (result.failed(), result.state) == (True, "FAILURE")

    def test_retry_waits_and_counts(self) -> None:
        samples.broken.add("api")
        result = samples.again.delay("api")
        drain(within=0)
        [row] = Effect.objects.all()
        assert (row.state, result.state, row.error) == ("waiting", "RETRY", "ConnectionError: api is away")
        assert timedelta(seconds=3) < row.wake_at - now() < timedelta(seconds=6)
        samples.broken.clear()
        due_now()
        drain()
        assert samples.seen == [0, 1]
        assert result.successful()

    def test_retry_ends_where_the_task_says(self) -> None:
        samples.broken.add("api")
        samples.again.delay("api")
        for _ in range(5):
            due_now()
            drain(within=0)
        assert samples.seen == [0, 1, 2]
        assert (Effect.objects.get().state, Effect.objects.get().error) == ("dead", "ConnectionError: api is away")

    def test_autoretry_backs_off_as_in_celery(self) -> None:
        samples.broken.add("api")
        samples.auto.delay("api")
        waits = []
        for _ in range(3):
            drain(within=0)
            waits.append(round((Effect.objects.get().wake_at - now()).total_seconds()))
            due_now()
        drain(within=0)
        assert waits == [2, 4, 8]
        assert Effect.objects.get().state == "dead"

    def test_retry_with_other_arguments_is_refused(self) -> None:
        samples.elsewhere.delay("x")
        drain()
        assert Effect.objects.get().error.endswith("a durable task is tried again with the arguments that it has")

    @pytest.mark.parametrize(("how", "state"), [("ignore", "done"), ("reject", "dead")])
    def test_ignore_ends_it_and_reject_fails_it(self, how: str, state: str) -> None:
        samples.leaves.delay(how)
        drain()
        assert Effect.objects.get().state == state


class TestMovingOneTaskAtATime:
    def test_a_task_may_stay_as_it_was(self) -> None:
        before = messages(samples.app, "everything")
        samples.as_it_was.delay(1)
        assert (Effect.objects.count(), messages(samples.app, "everything")) == (0, before + 1)

    def test_the_setting_names_the_tasks_that_move(self, settings: Settings) -> None:
        settings.OWED_CELERY_DURABLE = ["owed_tests.mail_*"]
        tasks = samples.app.tasks
        assert [is_durable(type(tasks[name])) for name in ("owed_tests.mail_typed", "owed_tests.add")] == [True, False]

    def test_a_single_task_may_move_by_its_base(self) -> None:
        plain = Celery("owed-tests-plain", set_as_current=False, broker="memory://")

        def see(n: int) -> None:
            samples.seen.append(n)

        moved = plain.task(name="owed_tests.moved", base=DurableTask)(see)
        stays = plain.task(name="owed_tests.stays")(see)
        plain.finalize()
        stays.delay(1)
        moved.delay(2)
        drain()
        assert samples.seen == [2]

    def test_the_tasks_of_celery_itself_stay(self) -> None:
        assert not is_durable(type(samples.app.tasks["celery.chord"]))

    def test_eager_mode_runs_the_body_at_once(self) -> None:
        samples.app.conf.task_always_eager = True
        try:
            assert samples.add.delay(1, 2).result == 3
        finally:
            samples.app.conf.task_always_eager = False


class TestTheResult:
    def test_says_how_the_task_is(self) -> None:
        result = samples.add.delay(1)
        assert (str(result), result.state, result.ready()) == (result.task_id, "PENDING", False)
        drain()
        assert (result.status, result.ready(), result.successful()) == ("SUCCESS", True, True)

    def test_keeps_no_return_value_and_says_so(self) -> None:
        with pytest.raises(NotImplementedError, match=r"use owed\.tasks"):
            DurableResult(1).get(timeout=1)

    def test_of_a_purged_row_is_pending_as_in_celery(self) -> None:
        assert DurableResult(1).state == "PENDING"


def due_now() -> None:
    Effect.objects.filter(state="waiting").update(wake_at=now())
