"""What Celery sees of the ledger."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from celery.exceptions import Retry
from django.db import transaction

from owed import Task, effect, record
from owed.celery import EffectFailed
from owed.models import Effect
from tests.effects import samples
from worker.celery import app

pytestmark = pytest.mark.django_db


def hint(effect: Task, *ids: int) -> object:
    """Deliver a hint as a worker's tracer does."""
    task = app.tasks[effect.name]
    task.push_request(id=str(uuid4()), effects=list(ids), ignore_result=False)
    try:
        return task()
    finally:
        samples.ran.append(("ignored", task.request.ignore_result))
        task.pop_request()


def owe(*signatures: object) -> list[int]:
    with transaction.atomic():
        return sorted(record(*signatures).ids)


class TestAHint:
    @pytest.mark.parametrize(("results", "ignored"), [("failures", True), ("all", False)])
    def test_returns_nothing_when_all_is_done_and_stores_that_if_asked(
        self, applied: None, settings: Any, results: str, ignored: bool
    ) -> None:
        settings.OWED_CELERY_RESULTS = results
        [pk] = owe(samples.note.si(n=1))
        assert hint(samples.note, pk) is None
        assert samples.ran[-1] == ("ignored", ignored)

    @pytest.mark.covers("D5")
    def test_stores_no_result_when_it_claimed_nothing(self, settings: Any) -> None:
        settings.OWED_CELERY_RESULTS = "all"
        assert hint(samples.note, 999_999) is None
        assert samples.ran[-1] == ("ignored", True)

    @pytest.mark.covers("D22")
    def test_is_a_retry_with_its_time_when_the_effect_waits(self) -> None:
        [pk] = owe(samples.later.si(seconds=60))
        with pytest.raises(Retry) as raised:
            hint(samples.later, pk)
        assert raised.value.when == Effect.objects.get(pk=pk).wake_at
        assert str(raised.value.exc) == f"e{pk} busy"
        assert samples.ran[-1] == ("ignored", True)

    def test_stores_a_retry_of_what_failed(self) -> None:
        samples.poison.add(1)
        [pk] = owe(samples.call.si(n=1))
        with pytest.raises(Retry):
            hint(samples.call, pk)
        assert samples.ran[-1] == ("ignored", False)

    @pytest.mark.covers("D22", "X11")
    def test_is_a_failure_without_addresses_when_the_effect_is_dead(self) -> None:
        [pk] = owe(samples.hopeless.si(n=1))
        with pytest.raises(EffectFailed, match=rf"e{pk} \[address\] does not exist") as raised:
            hint(samples.hopeless, pk)
        assert raised.value.__suppress_context__
        assert samples.ran[-1] == ("ignored", False)

    @pytest.mark.covers("X10")
    def test_writes_its_uuid_on_the_rows_that_it_took(self, applied: None) -> None:
        ids = owe(samples.together.si(post_id=1), samples.together.si(post_id=2))
        hint(samples.together, *ids)
        assert len(set(Effect.objects.filter(pk__in=ids).values_list("hint", flat=True))) == 1


class TestEffect:
    def test_refuses_a_batch_that_is_not_atomic(self) -> None:
        with pytest.raises(ValueError, match="must be atomic"):
            effect("test.wrong", kind="external", batch=10)(lambda *, post_id: None)

    def test_refuses_a_batch_of_two_keywords(self) -> None:
        with pytest.raises(ValueError, match="one keyword"):
            effect("test.wrong", batch=10)(lambda *, post_id, more: None)

    @pytest.mark.covers("D3", "X7")
    def test_gives_celery_a_hard_limit_below_the_lease(self) -> None:
        task = app.tasks["test.call"]
        assert (task.soft_time_limit, task.time_limit) == (5.5, 10.5)
        assert task.time_limit < 5 + 10

    @pytest.mark.covers("D3")
    def test_configures_what_the_design_says(self) -> None:
        assert app.conf.accept_content == ["json"]
        assert not app.conf.task_acks_late
        assert app.conf.worker_prefetch_multiplier == 1
        assert not app.conf.task_track_started
        assert app.conf.CELERY_DB_REUSE_MAX
