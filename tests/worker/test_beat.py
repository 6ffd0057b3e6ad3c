"""Beat records upkeep, whoever else does, and whatever is away."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from celery import Celery
from django.db import connection
from django.utils import timezone

from owed import beat, schedules, scheduling
from owed.models import Effect
from owed.schedules import Schedule
from tests.journeys.fixtures import Start
from tests.journeys.nodes import BrokerProcess
from tests.journeys.waiting import eventually

pytestmark = [pytest.mark.usefixtures("clean"), pytest.mark.timeout(300)]

BEAT = ("celery", "-A", "worker", "beat", "--loglevel", "INFO")


def recorded() -> list[str]:
    return sorted(Effect.objects.values_list("task", flat=True))


def scheduled() -> list[str]:
    return sorted(plan.task for plan in scheduling.declared())


@pytest.fixture
def due(clean: None) -> None:
    """Every schedule of the site, due at once."""
    schedules.sync()
    Schedule.objects.update(next_at=timezone.now())


@pytest.fixture
def not_due(clean: None) -> None:
    """Every schedule of the site, none due, though a minute may begin while the test runs."""
    schedules.sync()
    Schedule.objects.update(next_at=timezone.now() + timedelta(days=1))


class TestBeat:
    @pytest.mark.covers("D3", "D11")
    @pytest.mark.usefixtures("due")
    def test_records_each_upkeep_effect_once_though_two_run(self, start: Start) -> None:
        first, second = start("beat", *BEAT), start("beat", *BEAT)
        for each in (first, second):
            eventually(lambda each=each: "beat: Starting" in each.logs())
        eventually(lambda: sum(each.logs().count("schedule run") for each in (first, second)) >= len(scheduled()))
        assert recorded() == scheduled(), "publish_due may have come round again meanwhile: it had not begun"

    @pytest.mark.covers("X2")
    @pytest.mark.usefixtures("due")
    def test_needs_no_broker_and_no_file(self, start: Start, default_redis_broker: BrokerProcess, journey_folder: Path) -> None:
        default_redis_broker.kill()
        beat = start("beat", *BEAT, "--schedule", str(journey_folder / "schedule"))
        eventually(lambda: set(recorded()) == set(scheduled()))
        default_redis_broker.restart()
        assert beat.status == "running"
        assert list(journey_folder.glob("schedule*")) == []

    @pytest.mark.usefixtures("not_due")
    def test_opens_a_new_connection_when_the_database_broke_its_own(self, journey_app: Celery) -> None:
        scheduler = beat.LedgerScheduler(app=journey_app)
        scheduler.tick()
        Schedule.objects.filter(name="upkeep.publish_due").update(next_at=timezone.now())
        break_the_connection()
        scheduler.tick()
        scheduler.tick()  # a second later, beat asks again
        assert recorded() == ["upkeep.publish_due"]

    @pytest.mark.usefixtures("not_due")
    def test_records_the_entries_of_celerys_settings_too(self, journey_app: Celery) -> None:
        entry = {"task": "upkeep.prove", "schedule": 3600.0, "last_run_at": datetime(2000, 1, 1, tzinfo=UTC)}
        scheduler = beat.LedgerScheduler(app=journey_app, schedule={"prove": entry})
        scheduler.update_from_dict({"prove": entry})
        scheduler.tick()
        assert recorded() == ["upkeep.prove"]


def break_the_connection() -> None:
    """Let the database end this process's connection, as its restart does."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        [pid] = cursor.fetchone()
    with connection._nodb_cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 10000)", [pid])
