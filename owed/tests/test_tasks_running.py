"""Tasks of django.tasks as the ledger runs them: once each, with an account of every failure."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import SuspiciousOperation
from django.utils import timezone

from owed.django_tasks import (
    TaskResultStatus,
    default_task_backend,
    task_finished,
    task_started,
)
from owed.models import Effect
from owed.testing import Crashed, crash_at, drain, expire_leases
from owed.tests import django_tasks_samples as samples
from owed.tests.django_tasks_backends import BACKEND, LOGGER, backends  # noqa: F401 - a fixture

pytestmark = pytest.mark.django_db


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

    def test_has_no_transaction_open_unless_the_backend_is_atomic(self, transactional_db: None) -> None:
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

    def test_a_worker_that_dies_costs_nothing_but_time(self, transactional_db: None) -> None:
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
