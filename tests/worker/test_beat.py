"""Beat records upkeep, whoever else does, and whatever is away."""

from __future__ import annotations

from pathlib import Path

import pytest
from celery import Celery
from django.db import connection

from owed.models import Effect
from tests.journeys.fixtures import Start
from tests.journeys.nodes import BrokerProcess
from tests.journeys.waiting import eventually
from worker import schedule

pytestmark = [pytest.mark.usefixtures("clean"), pytest.mark.timeout(300)]

BEAT = ("celery", "-A", "worker", "beat", "--loglevel", "INFO")


def recorded() -> list[str]:
    return sorted(Effect.objects.values_list("task", flat=True))


def scheduled() -> list[str]:
    return sorted(entry["task"] for entry in schedule.SCHEDULE.values())


class TestBeat:
    @pytest.mark.covers("D3", "D11")
    def test_records_each_upkeep_effect_once_in_a_period_though_two_run(self, start: Start) -> None:
        first, second = start("beat", *BEAT), start("beat", *BEAT)
        for each in (first, second):
            eventually(lambda each=each: each.logs().count("Sending due task") >= len(schedule.SCHEDULE))
        periods = Effect.objects.filter(task="upkeep.publish_due").count()
        assert 1 <= periods <= 2, "one for each minute that began meanwhile"
        assert sorted(set(recorded())) == scheduled()
        assert len(recorded()) == len(scheduled()) + periods - 1

    @pytest.mark.covers("X2")
    def test_needs_no_broker_and_no_file(self, start: Start, default_redis_broker: BrokerProcess, journey_folder: Path) -> None:
        default_redis_broker.kill()
        beat = start("beat", *BEAT, "--schedule", str(journey_folder / "schedule"))
        eventually(lambda: set(recorded()) == set(scheduled()))
        default_redis_broker.restart()
        assert beat.status == "running"
        assert list(journey_folder.glob("schedule*")) == []

    def test_opens_a_new_connection_when_the_database_broke_its_own(self, journey_app: Celery) -> None:
        scheduler = schedule.LedgerScheduler(app=journey_app)
        entry = scheduler.schedule["publish what is due"]
        break_the_connection()
        scheduler.apply_entry(entry)
        assert recorded() == ["upkeep.publish_due"]


def break_the_connection() -> None:
    """Let the database end this process's connection, as its restart does."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        [pid] = cursor.fetchone()
    with connection._nodb_cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 10000)", [pid])
