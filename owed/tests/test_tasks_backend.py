"""The backend of django.tasks: what Django's own suites ask of a backend, and what this one promises beyond."""

from __future__ import annotations

import dataclasses
import pickle
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import django
import pytest
from asgiref.sync import async_to_sync
from django.core.exceptions import SuspiciousOperation
from django.db import connection, transaction
from django.utils import timezone
from pytest_django import Settings

from owed import BadArguments, gather
from owed.django_tasks import (
    InvalidTask,
    TaskResultDoesNotExist,
    TaskResultMismatch,
    TaskResultStatus,
    default_task_backend,
    task_backends,
    task_enqueued,
    task_finished,
    task_started,
)
from owed.models import Effect
from owed.purging import purge
from owed.testing import Crashed, broker_down, crash_at, drain, expire_leases
from owed.tests import django_tasks_samples as samples

LOGGER = "django.tasks" if django.VERSION >= (6, 0) else "django_tasks"
BACKEND = "owed.tasks.LedgerBackend"
QUEUES = ["default", "mail"]
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def backends(settings: Settings) -> Iterator[None]:
    settings.TASKS = {
        "default": {"BACKEND": BACKEND, "QUEUES": QUEUES},
        "patient": {"BACKEND": BACKEND, "QUEUES": QUEUES, "OPTIONS": {"retries": 2, "timeout": 5}},
        "atomic": {"BACKEND": BACKEND, "QUEUES": ["default"], "OPTIONS": {"kind": "atomic"}},
        "nameless": {"BACKEND": BACKEND, "QUEUES": []},
        "odd": {"BACKEND": BACKEND, "OPTIONS": {"tries": 3}},
    }
    samples.seen.clear()
    samples.broken.clear()
    yield
    samples.broken.clear()


@pytest.fixture
def transactional(transactional_db: None) -> None:
    """Commit for real."""


class TestEnqueueing:
    @pytest.mark.parametrize("task", [samples.note, samples.note_async])
    def test_answers_a_result_that_is_ready(self, task: Any) -> None:
        result = task.enqueue(1, two=3)
        assert (result.status, result.is_finished, result.attempts) == (TaskResultStatus.READY, False, 0)
        assert (result.task, result.args, result.kwargs) == (task, [1], {"two": 3})
        assert result.enqueued_at is not None
        assert (result.started_at, result.last_attempted_at, result.finished_at) == (None, None, None)
        with pytest.raises(ValueError, match="Task has not finished yet"):
            result.return_value  # noqa: B018

    def test_writes_one_row_that_says_which_task_it_is(self) -> None:
        result = samples.answer.using(queue_name="mail").enqueue()
        [row] = Effect.objects.all()
        assert (f"e{row.pk}", row.queue, row.about) == (result.id, "mail", "owed.tests.django_tasks_samples.answer")

    def test_refuses_arguments_that_json_cannot_hold(self) -> None:
        with pytest.raises(TypeError, match="Unsupported type"):
            samples.note.enqueue(datetime.now())

    @pytest.mark.parametrize("value", ["\0", float("nan"), "x" * 70_000])
    def test_refuses_arguments_that_the_database_cannot_hold(self, value: object) -> None:
        with pytest.raises(BadArguments, match=r"samples\.note: "):
            samples.note.enqueue(value)

    def test_takes_nested_arguments(self) -> None:
        samples.note.enqueue({"lines": [{"sku": "a", "n": 1.5, "gift": None}]}, wrap=True)
        drain()
        assert samples.seen == [(({"lines": [{"sku": "a", "n": 1.5, "gift": None}]},), {"wrap": True})]

    def test_refuses_an_unknown_queue_at_once_and_after_the_settings_changed(self, settings: Settings) -> None:
        with pytest.raises(InvalidTask, match="Queue 'unknown' is not valid for backend"):
            samples.note.using(queue_name="unknown")
        mailing = samples.answer.using(queue_name="mail")
        settings.TASKS = {"default": {"BACKEND": BACKEND, "QUEUES": ["default"]}}
        with pytest.raises(InvalidTask, match="Queue 'mail' is not valid for backend"):
            mailing.enqueue()

    def test_refuses_priority_as_django_says_it(self) -> None:
        with pytest.raises(InvalidTask, match="Backend does not support setting priority of tasks"):
            samples.note.using(priority=1)

    def test_refuses_a_moment_without_a_zone(self) -> None:
        with pytest.raises(InvalidTask, match="run_after must be an aware datetime"):
            samples.note.using(run_after=datetime.now())

    def test_refuses_a_backend_without_queues(self) -> None:
        with pytest.raises(InvalidTask, match="needs QUEUES"):
            samples.note.using(backend="nameless")

    def test_is_not_put_off_by_a_gathering_around_it(self) -> None:
        with transaction.atomic(), gather():
            result = samples.note.enqueue()
            assert default_task_backend.get_result(result.id) == result

    def test_logs_and_signals_once(self, caplog: pytest.LogCaptureFixture) -> None:
        heard: list[str] = []

        def hear(sender: object, task_result: Any, **kwargs: Any) -> None:
            heard.append(task_result.id)

        task_enqueued.connect(hear)
        with caplog.at_level("DEBUG", logger=LOGGER):
            result = samples.note.enqueue()
        task_enqueued.disconnect(hear)
        assert heard == [result.id]
        assert [record.getMessage().count(result.id) for record in caplog.records if record.name == LOGGER] == [1]


class TestTransactions:
    def test_a_rollback_takes_the_task_back(self, transactional: None) -> None:
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            result = samples.note.enqueue()
            raise ZeroDivisionError
        assert Effect.objects.count() == 0
        with pytest.raises(TaskResultDoesNotExist):
            default_task_backend.get_result(result.id)

    def test_others_see_the_task_when_the_transaction_is_committed(self, transactional: None) -> None:
        def count() -> None:
            counts.append(Effect.objects.count())
            connection.close()

        counts: list[int] = []
        with transaction.atomic():
            samples.note.enqueue()
            in_thread(count)
        in_thread(count)
        assert counts == [0, 1]

    def test_without_a_transaction_one_is_opened(self, transactional: None) -> None:
        samples.note.enqueue()
        assert Effect.objects.count() == 1

    def test_a_stopped_broker_changes_nothing(self, transactional: None) -> None:
        with broker_down():
            result = samples.answer.enqueue()
        drain()
        result.refresh()
        assert result.return_value == 42


class TestRunning:
    @pytest.mark.parametrize("task", [samples.note, samples.note_async])
    def test_calls_plain_and_async_functions(self, task: Any) -> None:
        result = task.enqueue(1, two=3)
        drain()
        assert samples.seen == [((1,), {"two": 3})]
        result.refresh()
        assert (result.status, result.is_finished, result.attempts) == (TaskResultStatus.SUCCESSFUL, True, 1)
        assert result.enqueued_at <= result.started_at <= result.finished_at
        assert (result.return_value, result.errors) == (None, [])
        assert result.worker_ids[0] != ""

    def test_keeps_the_return_value(self) -> None:
        result = samples.answer.enqueue()
        drain()
        assert samples.answer.get_result(result.id).return_value == 42

    def test_waits_until_the_moment_that_was_asked_for(self) -> None:
        moment = timezone.now() + timedelta(hours=1)
        result = samples.note.using(run_after=moment).enqueue()
        drain()
        assert samples.seen == []
        again = samples.note.get_result(result.id)
        assert (again.task.run_after, again.status) == (moment, TaskResultStatus.READY)
        Effect.objects.update(wake_at=timezone.now())
        drain()
        assert len(samples.seen) == 1

    def test_gives_the_context_to_a_task_that_takes_it(self) -> None:
        result = samples.own_id.enqueue(times=2)
        drain()
        result.refresh()
        assert result.return_value == [result.id, 1, result.id, 1]

    def test_signals_its_start_and_its_end(self) -> None:
        heard: list[tuple[str, str]] = []

        def hear(sender: type, task_result: Any, **kwargs: Any) -> None:
            heard.append((sender.__name__, task_result.status))

        for signal in (task_started, task_finished):
            signal.connect(hear)
        samples.note.enqueue()
        drain()
        for signal in (task_started, task_finished):
            signal.disconnect(hear)
        assert heard == [("LedgerBackend", TaskResultStatus.RUNNING), ("LedgerBackend", TaskResultStatus.SUCCESSFUL)]

    def test_has_no_transaction_open_unless_the_backend_is_atomic(self, transactional: None) -> None:
        outside, inside = samples.transaction_is_open.enqueue(), samples.transaction_is_open.using(backend="atomic").enqueue()
        drain()
        for result in (outside, inside):
            result.refresh()
        assert (outside.return_value, inside.return_value) == (False, True)

    def test_waits_for_a_worker_that_knows_the_task(self) -> None:
        result = samples.note.enqueue()
        path = {"path": "owed.tests.django_tasks_samples.of_tomorrow", "args": [], "kwargs": {}}
        Effect.objects.update(args=path)
        drain()
        [row] = Effect.objects.all()
        assert (row.state, row.max_attempts - row.attempt) == ("waiting", 20)
        assert row.error == "waiting for a worker that knows owed.tests.django_tasks_samples.of_tomorrow"
        assert result.id == f"e{row.pk}"

    def test_calls_nothing_but_tasks(self) -> None:
        result = samples.note.enqueue()
        Effect.objects.update(args={"path": "owed.tests.django_tasks_samples.not_a_task", "args": [], "kwargs": {}})
        drain()
        assert samples.seen == []
        assert Effect.objects.get().state == "dead"
        with pytest.raises(SuspiciousOperation):
            default_task_backend.get_result(result.id)


class TestFailing:
    @pytest.mark.parametrize(
        ("task", "kind", "text"),
        [
            (samples.value_error, ValueError, "This task failed"),
            (samples.system_exit, SystemExit, "This task wanted to leave"),
            (samples.chained_error, ValueError, "KeyError: 'the cause'"),
            (samples.unsupported_value, TypeError, "Unsupported type"),
            (samples.large_value, ValueError, "return value: over 65536 bytes"),
        ],
    )
    def test_shows_the_error_and_its_traceback(self, task: Any, kind: type[BaseException], text: str) -> None:
        result = task.enqueue()
        drain()
        result.refresh()
        assert (result.status, result.is_finished, result.attempts) == (TaskResultStatus.FAILED, True, 1)
        with pytest.raises(ValueError, match="Task failed"):
            result.return_value  # noqa: B018
        [error] = result.errors
        assert error.exception_class is kind
        assert error.traceback.startswith("Traceback (most recent call last):") or "direct cause" in error.traceback
        assert text in error.traceback
        assert "django_tasks_samples.py" in error.traceback or task in (samples.unsupported_value, samples.large_value)

    def test_keeps_addresses_out_of_the_traceback(self) -> None:
        result = samples.value_error.enqueue()
        drain()
        result.refresh()
        assert result.errors[0].traceback.endswith("ValueError: This task failed: [address] is not known\n")

    def test_logs_the_error(self, caplog: pytest.LogCaptureFixture) -> None:
        with caplog.at_level("DEBUG", logger=LOGGER):
            result = samples.value_error.enqueue()
            drain()
        lines = [record for record in caplog.records if record.name == LOGGER]
        assert ["enqueued" in lines[0].getMessage(), "RUNNING" in lines[1].getMessage()] == [True, True]
        assert "FAILED" in lines[2].getMessage()
        assert result.id in lines[2].getMessage()
        assert not any("NoneType" in record.getMessage() for record in lines)

    def test_is_tried_again_where_the_backend_says_so(self) -> None:
        samples.broken.add("api")
        result = samples.unforeseen.using(backend="patient").enqueue("api")
        drain()
        result.refresh()
        assert (result.status, result.attempts, len(result.errors)) == (TaskResultStatus.READY, 1, 1)
        samples.broken.clear()
        Effect.objects.update(wake_at=timezone.now())
        drain()
        result.refresh()
        assert (result.return_value, result.attempts, len(result.errors)) == ("api", 2, 1)
        assert result.errors[0].exception_class is ConnectionError
        assert result.started_at < result.last_attempted_at

    def test_fails_when_the_tries_are_used_up(self) -> None:
        samples.broken.add("api")
        result = samples.unforeseen.using(backend="patient").enqueue("api")
        for _ in range(3):
            Effect.objects.update(wake_at=timezone.now())
            drain()
        result.refresh()
        assert (result.status, result.attempts, len(result.errors)) == (TaskResultStatus.FAILED, 3, 3)

    def test_a_task_may_give_up(self) -> None:
        result = samples.hopeless.using(backend="patient").enqueue()
        drain()
        result.refresh()
        assert result.status == TaskResultStatus.FAILED
        assert Effect.objects.get().error == "there is no such reader"

    def test_a_worker_that_dies_costs_nothing_but_time(self, transactional: None) -> None:
        result = samples.answer.enqueue()
        with crash_at("after-body"), pytest.raises(Crashed):
            drain()
        result.refresh()
        assert result.status == TaskResultStatus.RUNNING
        expire_leases()
        drain()
        result.refresh()
        assert (result.return_value, result.attempts) == (42, 2)

    def test_a_task_that_ends_its_workers_fails_with_an_account(self) -> None:
        result = samples.answer.enqueue()
        Effect.objects.update(max_attempts=1)
        with crash_at("after-claim"), pytest.raises(Crashed):
            drain()
        expire_leases()
        drain()
        result.refresh()
        assert result.status == TaskResultStatus.FAILED
        assert result.errors[0].exception_class.__name__ == "LostLease"
        assert result.errors[0].traceback == "lease expired: the worker died or froze"


class TestResults:
    def test_are_found_by_their_id(self) -> None:
        result = default_task_backend.enqueue(samples.note, (), {})
        assert default_task_backend.get_result(result.id) == samples.note.get_result(result.id) == result

    @pytest.mark.parametrize(
        "unknown", ["123", "e123", "e", "", "e99999999999999999999", "d4c1a2f0-0000-4000-8000-000000000000"]
    )
    def test_of_another_id_do_not_exist(self, unknown: str) -> None:
        with pytest.raises(TaskResultDoesNotExist):
            default_task_backend.get_result(unknown)

    def test_of_another_task_do_not_match(self) -> None:
        result = samples.note_async.enqueue()
        with pytest.raises(TaskResultMismatch):
            samples.note.get_result(result.id)

    def test_of_another_backend_are_not_shown(self) -> None:
        result = samples.note.enqueue()
        with pytest.raises(TaskResultDoesNotExist):
            task_backends["patient"].get_result(result.id)

    def test_go_with_the_row(self) -> None:
        result = samples.answer.enqueue()
        drain()
        Effect.objects.update(finished_at=timezone.now() - timedelta(days=2))
        purge(timedelta(days=1))
        with pytest.raises(TaskResultDoesNotExist):
            samples.answer.get_result(result.id)

    def test_refreshing_one_that_did_not_change_leaves_it_equal(self) -> None:
        result = samples.note.enqueue()
        before = dataclasses.asdict(result)
        result.refresh()
        assert dataclasses.asdict(result) == before

    @pytest.mark.skipif(django.VERSION < (6, 1), reason="tasks can be pickled from Django 6.1")
    def test_can_be_pickled(self) -> None:
        result = samples.note.enqueue()
        assert pickle.loads(pickle.dumps(result)) == result


class TestAsync:
    def test_enqueues_gets_and_refreshes(self, transactional: None) -> None:
        async def enqueue() -> Any:
            result = await samples.note.aenqueue(1)
            assert await samples.note.aget_result(result.id) == result
            await result.arefresh()
            with pytest.raises(TaskResultDoesNotExist):
                await default_task_backend.aget_result("e0")
            return result

        result = async_to_sync(enqueue)()
        drain()
        result.refresh()
        assert result.status == TaskResultStatus.SUCCESSFUL

    def test_refuses_as_the_plain_verbs_do(self, settings: Settings) -> None:
        mailing = samples.answer.using(queue_name="mail")
        settings.TASKS = {"default": {"BACKEND": BACKEND, "QUEUES": ["default"]}}
        with pytest.raises(InvalidTask, match="Queue 'mail' is not valid for backend"):
            async_to_sync(mailing.aenqueue)()


class TestTheBackend:
    def test_says_what_it_supports(self) -> None:
        backend = task_backends["default"]
        assert (backend.supports_defer, backend.supports_async_task, backend.supports_get_result) == (True, True, True)
        assert backend.supports_priority is False

    def test_checks_its_settings(self) -> None:
        found = {alias: [each.id for each in task_backends[alias].check()] for alias in ("default", "nameless", "odd")}
        assert found == {"default": [], "nameless": ["owed.E007"], "odd": ["owed.E008"]}


def in_thread(work: Any) -> None:
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
