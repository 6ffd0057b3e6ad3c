"""What the control room plots: counted once, whatever order it comes in."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import F
from django.utils import timezone

from owed import figures, origin, record
from owed.figures import Figures, RolledUp, Span, percentile
from owed.models import Attempt, Effect, EffectSet
from owed.rolling_up import roll_up
from owed.testing import drain
from tests.effects import samples

pytestmark = pytest.mark.django_db
AGO = timedelta(minutes=3)


def owe(*numbers: int) -> None:
    with transaction.atomic():
        record(*(samples.note.si(n=n) for n in numbers))


def make_old(ago: timedelta = AGO) -> datetime:
    """Move all that happened into one minute that is over. Return when it began."""
    minute = timezone.now().replace(second=0, microsecond=0) - ago
    Effect.objects.update(created_at=minute, due_at=minute, started_at=minute + timedelta(seconds=2.1))
    Effect.objects.filter(finished_at__isnull=False).update(finished_at=minute + timedelta(seconds=3))
    Attempt.objects.update(ended_at=minute + timedelta(seconds=3))
    return minute


def counted(span: Span = Span.MINUTE) -> dict[str, int]:
    row = Figures.objects.get(span=span, task="test.note")
    return {name: getattr(row, name) for name in figures.COUNTS}


@pytest.mark.usefixtures("applied")
class TestRollUp:
    def test_counts_what_was_owed_done_and_failed_in_each_minute(self) -> None:
        samples.poison.add(2)
        owe(1, 2, 3)
        drain()
        minute = make_old()
        assert roll_up() > 0
        assert counted() == {"owed": 3, "done": 2, "retried": 1, "lost": 0, "dead": 0}
        row = Figures.objects.get(span=Span.MINUTE, task="test.note")
        assert (row.at, row.queue) == (minute, "test")
        assert (row.ran_sum, row.late_sum) == (pytest.approx(1.8), pytest.approx(4.2))
        assert (percentile(row.ran, 1.0), percentile(row.late, 1.0)) == (1.0, 2.5)

    def test_counts_nothing_twice(self) -> None:
        owe(1)
        drain()
        make_old()
        roll_up()
        assert roll_up() == 0
        RolledUp.objects.update(until=F("until") - timedelta(minutes=30))
        with pytest.raises(IntegrityError, match="figures_once"):
            roll_up()
        assert counted(Span.TOTAL)["done"] == 1

    def test_counts_on_from_where_it_stopped(self) -> None:
        for ago in (timedelta(minutes=40), timedelta(minutes=2)):
            owe(1)
            drain()
            make_old(ago)
            roll_up()
            Effect.objects.all().delete()
            # As if the clock had stopped here until later.
            RolledUp.objects.update(until=F("until") - timedelta(minutes=10))
        assert counted(Span.TOTAL) == {"owed": 2, "done": 2, "retried": 0, "lost": 0, "dead": 0}
        assert Figures.objects.filter(span=Span.MINUTE).count() == 2

    def test_counts_what_follows_a_set_that_was_owed_long_ago(self) -> None:
        with transaction.atomic():
            record(samples.note.si(n=1), then=samples.note.si(n=2))
        drain()
        minute = make_old()
        EffectSet.objects.update(owed_at=minute)
        # As if twenty thousand others had been owed since: the number of what follows is far below the newest.
        RolledUp.objects.create(until=minute - timedelta(minutes=1), newest=10**9)
        roll_up()
        assert counted() == {"owed": 1, "done": 2, "retried": 0, "lost": 0, "dead": 0}

    def test_leaves_out_what_a_person_held(self) -> None:
        owe(1, 2)
        Effect.objects.update(state="dead", finished_at=timezone.now(), outcome="held")
        Effect.objects.filter(args={"n": 2}).update(outcome="out of tries")
        make_old()
        roll_up()
        assert counted()["dead"] == 1

    def test_forgets_minutes_and_hours_and_keeps_totals(self) -> None:
        for span in (Span.MINUTE, Span.HOUR, Span.TOTAL):
            Figures.objects.create(span=span, at=timezone.now() - timedelta(days=40), task="test.note", queue="test")
        roll_up()
        assert [row.span for row in Figures.objects.all()] == [Span.TOTAL]

    def test_reads_no_finished_row_but_those_of_its_minutes(self) -> None:
        from owed.rolling_up import FAILED, FINISHED, OWED

        fill(20_000)
        now = timezone.now()
        span = {"since": now - timedelta(minutes=5), "until": now, "newest": Effect.objects.latest("pk").pk - 10}
        for statement, index in ((FINISHED, "effect_finished"), (FAILED, "attempt_ended"), (OWED, "effects_effect_pkey")):
            assert index in plan(statement, {**span, "bounds": list(figures.BOUNDS)})


FILL = """
INSERT INTO effects_effect (task, queue, args, about, kind, state, attempt, max_attempts, rings, wake_at, due_at, created_at,
                            started_at, finished_at, outcome, error)
SELECT 'test.note', 'test', '{"n": 1}', '', 'atomic', 'done', 1, 20, 0, moment, moment, moment, moment, moment, 'done', ''
FROM (SELECT now() - n * interval '1 minute' AS moment FROM generate_series(1, %s) AS n) AS rows
"""


def fill(rows: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(FILL, [rows])
        cursor.execute(
            "INSERT INTO effects_attempt (effect_id, number, ended_at, worker, outcome, error, traceback) "
            "SELECT id, 1, finished_at, '', 'retry', '', '' FROM effects_effect"
        )
        cursor.execute("ANALYZE effects_effect, effects_attempt")


def plan(statement: str, parameters: object) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {statement}", parameters)  # type: ignore[arg-type]
        return "\n".join(row[0] for row in cursor.fetchall())


class TestHistory:
    def test_has_no_gaps_and_sums_what_it_shows(self) -> None:
        now = timezone.now().replace(second=0, microsecond=0)
        for minutes, done in ((0, 1), (5, 2), (59, 4), (60, 8)):
            at = now - timedelta(minutes=minutes)
            Figures.objects.create(span=Span.MINUTE, at=at, task="test.note", queue="test", done=done, retried=1)
        shown = figures.history(Span.MINUTE, 60, timezone.now())["test"]
        assert len(shown.points) == 60
        assert [point.done for point in shown.points if point.done] == [4, 2, 1]
        assert (shown.done, shown.failed) == (7, 3)

    def test_knows_no_percentile_of_nothing(self) -> None:
        assert percentile(figures.empty(), 0.5) is None

    def test_interpolates_in_a_bucket(self) -> None:
        buckets = figures.empty()
        buckets[7] = 100  # from half a second to a second
        assert percentile(buckets, 0.5) == pytest.approx(0.75)
        buckets[-1] = 1
        assert percentile(buckets, 1.0) == 1800


class TestCause:
    def test_is_the_effect_that_owed_it_and_the_origin_is_passed_on(self) -> None:
        with origin.said("request:4f9c"), transaction.atomic():
            record(samples.chain.si(n=2))
        drain()
        first, second, third = Effect.objects.order_by("pk")
        assert [first.cause, second.cause, third.cause] == [None, first.pk, second.pk]
        assert {effect.origin for effect in (first, second, third)} == {"request:4f9c"}
        assert origin.current() == ""
