"""What the package adds for other libraries, with those libraries."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone
from django_celery_results.models import TaskResult
from prometheus_client.parser import text_string_to_metric_families
from pytest_django import Settings

from owed import Declaration, record, registry
from owed.contrib import celery_results, prometheus

pytestmark = pytest.mark.django_db


class TestPrometheus:
    def test_reads_what_is_owed_and_how_late_it_is(self, settings: Settings) -> None:
        def count(*, n: int) -> None: ...

        settings.OWED_METRICS_PREFIX = "shop"
        effect = Declaration(name="metrics_queue.count", takes=count)
        registry.declare(effect)
        try:
            with transaction.atomic():
                record(effect.si(n=1), effect.si(n=2).set(countdown=60))
            families = {each.name: each for each in text_string_to_metric_families(prometheus.render().decode())}
        finally:
            registry.drop(effect.name)
        owed = {
            each.labels["state"]: each.value for each in families["shop_effects"].samples if "metrics" in each.labels["queue"]
        }
        assert owed == {"owed": 2, "running": 0, "held": 0, "paused": 0, "dead": 0}
        [age] = families["shop_oldest_due_seconds"].samples
        assert 0 <= age.value < 60
        assert families["shop_hints_lost"].samples


class TestCeleryResults:
    def test_old_ones_are_removed_in_chunks(self) -> None:
        for n in range(5):
            TaskResult.objects.create(task_id=str(n))
        TaskResult.objects.filter(task_id__in="0123").update(date_done=timezone.now() - timedelta(days=8))
        assert celery_results.purge(timedelta(days=7), chunk=3) == 4
        assert TaskResult.objects.get().task_id == "4"
