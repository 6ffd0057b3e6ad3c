"""Names that not every worker knows."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client

from app.accounts.models import User
from owed import record
from owed.contrib import prometheus
from owed.heartbeat import beat
from owed.models import Effect, Heartbeat
from owed.unknown import put_back, unknown
from tests.effects import samples

pytestmark = pytest.mark.django_db


def owe(*signatures: object) -> list[int]:
    with transaction.atomic():
        return sorted(record(*signatures).ids)


@pytest.fixture
def strange() -> list[int]:
    """Three effects under a name of another release, beside two that this one knows, and a worker of this release."""
    beat("worker@here")
    ids = owe(*(samples.note.si(n=n) for n in range(5)))
    Effect.objects.filter(pk__in=ids[:3]).update(task="test.of_yesterday")
    return ids[:3]


class TestANameThatNoWorkerKnows:
    def test_is_counted_with_what_is_owed_under_it(self, strange: list[int]) -> None:
        assert unknown() == {"test.of_yesterday": 3}

    def test_is_known_again_when_one_worker_knows_it(self, strange: list[int]) -> None:
        Heartbeat.objects.create(worker="old@there", at=Heartbeat.objects.get().at, names=["test.of_yesterday"])
        assert unknown() == {}

    def test_is_not_counted_beside_a_worker_that_does_not_say_what_it_knows(self, strange: list[int]) -> None:
        Heartbeat.objects.create(worker="older@there", at=Heartbeat.objects.get().at)
        assert unknown() == {}

    def test_is_not_counted_while_no_worker_runs(self, strange: list[int]) -> None:
        Heartbeat.objects.update(at="2020-01-01T00:00Z")
        assert unknown() == {}

    def test_is_not_counted_for_what_is_over(self, strange: list[int]) -> None:
        Effect.objects.filter(pk__in=strange).update(state="done", finished_at="2020-01-01T00:00Z")
        assert unknown() == {}

    def test_is_said_everywhere(self, strange: list[int], client: Client, settings: Any) -> None:
        settings.METRICS_TOKEN = "of-a-monitor"
        monitor = {"Authorization": "Bearer of-a-monitor"}
        client.force_login(User.objects.create_superuser("operator"))
        text = "3 effects wait under test.of_yesterday, a name that no running worker knows."
        assert text in client.get("/studio/effects/").content.decode()
        assert client.get("/readyz", headers=monitor).json()["unknown_to_workers"] == {"test.of_yesterday": 3}
        assert b'afterword_unknown{task="test.of_yesterday"} 3.0' in prometheus.render()
        said = StringIO()
        call_command("owed", "list", stdout=StringIO(), stderr=said)
        assert said.getvalue() == "3 owed under test.of_yesterday, a name that no running worker knows.\n"


class TestPuttingBack:
    def test_makes_due_at_once_what_was_not_rung_before_and_later_what_was(self) -> None:
        fresh, often = owe(samples.note.si(n=1), samples.note.si(n=2))
        Effect.objects.filter(pk=often).update(rings=100)
        assert put_back([fresh, often]) == 2
        assert waits(fresh) < 1 < 9 < waits(often) <= 10

    def test_leaves_alone_what_another_worker_runs_or_has_done(self) -> None:
        ids = owe(*(samples.note.si(n=n) for n in range(3)))
        for pk, state, end in zip(ids, ("running", "waiting", "done"), (None, None, "2020-01-01T00:00Z"), strict=True):
            Effect.objects.filter(pk=pk).update(state=state, finished_at=end)
        before = list(Effect.objects.order_by("pk").values())
        assert put_back(ids) == 0
        assert list(Effect.objects.order_by("pk").values()) == before


def waits(pk: int) -> float:
    with connection.cursor() as cursor:
        cursor.execute("SELECT extract(epoch FROM wake_at - clock_timestamp())::float8 FROM effects_effect WHERE id = %s", [pk])
        return float(cursor.fetchone()[0])
