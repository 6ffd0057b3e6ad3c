"""The backend of django.tasks: what Django's own suites ask of a backend, and what this one promises beyond."""

from __future__ import annotations

import dataclasses
import pickle
import threading
from datetime import datetime, timedelta
from typing import Any

import django
import pytest
from asgiref.sync import async_to_sync
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
)
from owed.models import Effect
from owed.purging import purge
from owed.testing import broker_down, drain
from owed.tests import django_tasks_samples as samples
from owed.tests.django_tasks_backends import BACKEND, LOGGER, backends  # noqa: F401 - a fixture

pytestmark = pytest.mark.django_db


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

    def test_refuses_a_priority_that_django_does_not_know(self) -> None:
        with pytest.raises(InvalidTask, match="priority must be a whole number between -100 and 100"):
            samples.note.using(priority=101)

    def test_keeps_the_priority_and_runs_the_most_urgent_first(self) -> None:
        results = [samples.note.using(priority=priority).enqueue(priority) for priority in (-100, 0, 100)]
        assert [default_task_backend.get_result(each.id).task.priority for each in results] == [-100, 0, 100]
        drain()
        assert [args for args, _ in samples.seen] == [(100,), (0,), (-100,)]

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
    def test_a_rollback_takes_the_task_back(self, transactional_db: None) -> None:
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            result = samples.note.enqueue()
            raise ZeroDivisionError
        assert Effect.objects.count() == 0
        with pytest.raises(TaskResultDoesNotExist):
            default_task_backend.get_result(result.id)

    def test_others_see_the_task_when_the_transaction_is_committed(self, transactional_db: None) -> None:
        def count() -> None:
            counts.append(Effect.objects.count())
            connection.close()

        counts: list[int] = []
        with transaction.atomic():
            samples.note.enqueue()
            in_thread(count)
        in_thread(count)
        assert counts == [0, 1]

    def test_without_a_transaction_one_is_opened(self, transactional_db: None) -> None:
        samples.note.enqueue()
        assert Effect.objects.count() == 1

    def test_a_stopped_broker_changes_nothing(self, transactional_db: None) -> None:
        with broker_down():
            result = samples.answer.enqueue()
        drain()
        result.refresh()
        assert result.return_value == 42


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
    def test_enqueues_gets_and_refreshes(self, transactional_db: None) -> None:
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
        assert backend.supports_priority is True

    def test_checks_its_settings(self) -> None:
        found = {alias: [each.id for each in task_backends[alias].check()] for alias in ("default", "nameless", "odd")}
        assert found == {"default": [], "nameless": ["owed.E007"], "odd": ["owed.E008"]}


def in_thread(work: Any) -> None:
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
