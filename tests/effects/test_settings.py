"""How soon what was lost runs again is the operator's to say, within what keeps the promises."""

from __future__ import annotations

import pytest
from django.core.checks import run_checks
from django.db import connection, transaction
from pytest_django import Settings

from owed import record, registry
from owed.declaration import GRACE
from owed.sweeping import sweep
from owed.testing import broker_down
from tests.effects import samples

WAIT = "SELECT extract(epoch FROM wake_at - clock_timestamp())::float8 FROM effects_effect"
OVERDUE = "UPDATE effects_effect SET wake_at = wake_at - interval '1 day', state = 'waiting'"


def seconds_to_ring() -> float:
    with connection.cursor() as cursor:
        cursor.execute(WAIT)
        return float(cursor.fetchone()[0])


@pytest.mark.django_db
@pytest.mark.covers("X1", "X6")
class TestTheTimeAfterWhichAHintIsLost:
    def test_is_a_setting_for_what_is_recorded_and_for_what_is_swept(self, settings: Settings) -> None:
        settings.OWED_RING_AFTER = 5
        with transaction.atomic():
            record(samples.note.si(n=1))
        assert 4 < seconds_to_ring() <= 5
        with connection.cursor() as cursor:
            cursor.execute(OVERDUE)
        settings.OWED_RING_AFTER = 7
        with broker_down():
            sweep()
        assert seconds_to_ring() <= 1
        with connection.cursor() as cursor:
            cursor.execute(OVERDUE)
        sweep()
        assert 6 < seconds_to_ring() <= 7


@pytest.mark.covers("X5")
class TestTheEndOfALease:
    def test_is_a_setting_beyond_the_timeout(self, settings: Settings) -> None:
        spec = registry.get("test.note")
        assert spec.lease == spec.timeout + 10
        settings.OWED_LEASE_MARGIN = 6
        assert spec.lease == spec.timeout + 6

    def test_is_refused_where_it_comes_before_the_owner_is_killed(self, settings: Settings) -> None:
        settings.OWED_LEASE_MARGIN = GRACE
        assert "owed.E002" in {message.id for message in run_checks(tags=["owed"])}
        settings.OWED_LEASE_MARGIN = GRACE + 1
        assert run_checks(tags=["owed"]) == []
