"""Schedules: when they come round, that each time is taken once, and what an operator changes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import IntegrityError
from django.test import Client
from django.utils import timezone

from owed import schedule, schedules, scheduling
from owed.models import Effect
from owed.schedules import Schedule
from owed.timing import BadTiming, Timing
from tests.effects import samples
from tests.proof.threads import Elsewhere, uncommitted

BERLIN = "Europe/Berlin"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def ticked() -> list[str]:
    """Record what is due. Return which of them are not the site's own, whose minute may pass on a busy machine."""
    site = set(Schedule.objects.filter(task__startswith="upkeep.").values_list("name", flat=True))
    return [name for name in schedules.tick() if name not in site]


def next_three(cron: str, moment: str, zone: str = BERLIN) -> list[str]:
    """Return the next three times, in UTC."""
    timing, now, found = Timing(cron=cron, zone=zone), at(moment), []
    for _ in range(3):
        now = timing.next_after(now)
        found.append(f"{now:%d %H:%M}")
    return found


class TestTiming:
    """Europe/Berlin: clocks go forward on 28 March 2027 at 02:00, and back on 25 October 2026 at 03:00."""

    def test_runs_what_falls_into_the_left_out_hour_right_after_it(self) -> None:
        assert next_three("30 2 * * *", "2027-03-27T12:00+01:00") == ["28 01:00", "29 00:30", "30 00:30"]

    def test_runs_what_falls_into_the_repeated_hour_once_in_the_first(self) -> None:
        assert next_three("30 2 * * *", "2026-10-24T12:00+02:00") == ["25 00:30", "26 01:30", "27 01:30"]

    def test_does_not_go_back_when_asked_in_the_second_of_the_two_hours(self) -> None:
        assert next_three("30 2 * * *", "2026-10-25T02:00+01:00") == ["26 01:30", "27 01:30", "28 01:30"]

    def test_keeps_the_distance_of_what_runs_every_half_hour(self) -> None:
        assert next_three("*/30 * * * *", "2026-10-25T02:30+02:00") == ["25 01:00", "25 01:30", "25 02:00"]
        assert next_three("*/30 * * * *", "2027-03-28T01:30+01:00") == ["28 01:00", "28 01:30", "28 02:00"]

    def test_counts_intervals_from_the_full_hour(self) -> None:
        assert Timing(every=900).next_after(at("2026-11-27T10:07Z")) == at("2026-11-27T10:15Z")
        assert Timing(every=900).next_after(at("2026-11-27T10:15Z")) == at("2026-11-27T10:30Z")

    @pytest.mark.parametrize(
        "timing",
        [
            Timing(),
            Timing(cron="0 0 * * *", every=60),
            Timing(every=0),
            Timing(every=400 * 86_400),
            Timing(cron="61 0 * * *"),
            Timing(cron="0 0 30 2 *"),
            Timing(cron="* * */20 * 1L"),
            Timing(cron="* * * * * *"),
            Timing(cron="0 0 * * *", zone="Mars/Base"),
            Timing(cron="0 0 * * *", zone="../etc/passwd"),
        ],
    )
    def test_refuses_what_never_comes(self, timing: Timing) -> None:
        with pytest.raises(BadTiming):
            timing.check()


@pytest.fixture
def declared() -> Iterator[None]:
    """One schedule of the code: half past two in Berlin."""
    schedule(samples.note.si(n=1), cron="30 2 * * *", zone=BERLIN, name="test.nightly", why="test")
    yield
    scheduling.drop("test.nightly")


@pytest.fixture
def nightly(db: None, declared: None) -> Schedule:
    schedules.sync()
    return Schedule.objects.get(name="test.nightly")


def make_due(row: Schedule, ago: timedelta = timedelta(seconds=1)) -> None:
    Schedule.objects.filter(pk=row.pk).update(next_at=timezone.now() - ago)


def finish() -> None:
    Effect.objects.update(state="done", finished_at=timezone.now(), attempt=1)


class TestTick:
    def test_owes_what_is_due_and_plans_the_next_time(self, nightly: Schedule) -> None:
        assert ticked() == []
        make_due(nightly)
        assert ticked() == ["test.nightly"]
        effect = Effect.objects.get()
        assert (effect.task, effect.args) == ("test.note", {"n": 1})
        nightly.refresh_from_db()
        assert nightly.last_effect == effect.pk
        assert nightly.next_at == Timing(cron="30 2 * * *", zone=BERLIN).next_after(timezone.now())
        assert ticked() == []

    def test_makes_up_for_a_day_without_scheduler_with_one_run(self, nightly: Schedule) -> None:
        Schedule.objects.filter(pk=nightly.pk).update(cron="", every=60)
        make_due(nightly, timedelta(days=1))
        assert [schedules.tick(), schedules.tick()] == [["test.nightly"], []]
        assert Effect.objects.count() == 1

    def test_leaves_out_what_was_missed_where_its_policy_says_so(self, nightly: Schedule) -> None:
        nightly.change(by="ada", missed="skip")
        make_due(nightly, timedelta(days=1))
        assert ticked() == []
        nightly.refresh_from_db()
        assert nightly.next_at > timezone.now()
        make_due(nightly)
        assert ticked() == ["test.nightly"]

    def test_owes_nothing_while_the_run_before_has_not_begun(self, nightly: Schedule) -> None:
        for owed, attempt in ((True, 0), (False, 0), (True, 1)):
            Effect.objects.update(attempt=attempt)
            Schedule.objects.update(slot_at=None)
            make_due(nightly)
            assert bool(schedules.tick()) == owed

    def test_leaves_alone_what_this_release_does_not_know(self, nightly: Schedule) -> None:
        Schedule.objects.create(name="gone", task="test.note", args={"n": 1}, every=60, next_at=timezone.now())
        Schedule.objects.create(name="strange", task="test.unheard_of", added=True, every=60, next_at=timezone.now())
        mine = Schedule.objects.create(
            name="mine", task="test.note", args={"n": 2}, added=True, every=60, next_at=timezone.now()
        )
        assert ticked() == [mine.name]

    def test_names_what_no_scheduler_runs(self, nightly: Schedule) -> None:
        make_due(nightly, timedelta(seconds=30))
        assert not Schedule.objects.overdue(timezone.now()).exists()
        make_due(nightly, timedelta(seconds=90))
        assert Schedule.objects.overdue(timezone.now()).get() == nightly


class TestOneTime:
    @pytest.mark.django_db(transaction=True)
    @pytest.mark.covers("D11")
    def test_is_taken_by_one_of_two_schedulers(self, declared: None) -> None:
        schedules.sync()
        row = Schedule.objects.get(name="test.nightly")
        make_due(row)
        with uncommitted(schedules.tick) as first:
            second = Elsewhere(schedules.tick)
            second.await_blocked()
        assert (first, second.result()) == (["test.nightly"], [])
        assert Effect.objects.count() == 1

    @pytest.mark.django_db
    def test_never_comes_again(self, nightly: Schedule) -> None:
        make_due(nightly)
        schedules.tick()
        nightly.refresh_from_db()
        with pytest.raises(IntegrityError, match="schedule_goes_forward"):
            Schedule.objects.filter(pk=nightly.pk).update(next_at=nightly.slot_at)


class TestAnOperator:
    def test_changes_the_time_and_the_code_no_longer_does(self, nightly: Schedule) -> None:
        nightly.change(by="ada", cron="0 7 * * 1", zone="America/New_York")
        schedule(samples.note.si(n=5), every=60, name="test.nightly")
        schedules.sync()
        nightly.refresh_from_db()
        assert (nightly.cron, nightly.zone, nightly.every, nightly.edited_by) == ("0 7 * * 1", "America/New_York", None, "ada")
        assert nightly.args == {"n": 5}, "what it owes is the code's"
        assert nightly.reset()
        nightly.refresh_from_db()
        assert (nightly.cron, nightly.every, nightly.edited_at) == ("", 60, None)

    def test_leaves_alone_what_follows_the_code(self, nightly: Schedule) -> None:
        schedule(samples.note.si(n=1), cron="0 5 * * *", zone=BERLIN, name="test.nightly")
        schedules.sync()
        nightly.refresh_from_db()
        assert nightly.cron == "0 5 * * *"
        assert nightly.next_at == Timing(cron="0 5 * * *", zone=BERLIN).next_after(timezone.now())

    def test_cannot_give_it_a_time_that_never_comes(self, nightly: Schedule) -> None:
        with pytest.raises(ValidationError, match="Not a cron expression: Bad day-of-month"):
            nightly.change(by="ada", cron="0 0 30 2 *")
        nightly.refresh_from_db()
        assert nightly.cron == "30 2 * * *"

    def test_pauses_and_resumes_it_and_what_passed_meanwhile_is_left_out(self, nightly: Schedule) -> None:
        assert nightly.pause(by="ada", why="the provider is being moved")
        assert not nightly.pause(by="bob")
        make_due(nightly, timedelta(days=2))
        assert ticked() == []
        assert nightly.resume()
        assert not nightly.resume()
        assert ticked() == []
        assert nightly.next_at > timezone.now()

    def test_runs_it_now_even_while_it_is_paused(self, nightly: Schedule) -> None:
        planned = nightly.next_at
        nightly.pause(by="ada")
        nightly.run_now()
        nightly.refresh_from_db()
        assert Effect.objects.get().pk == nightly.last_effect
        assert nightly.next_at == planned
        assert nightly.last_at is not None
        assert nightly.last_at.astimezone(UTC) <= timezone.now() + timedelta(seconds=5)


def said(*words: str) -> str:
    out = StringIO()
    call_command("schedules", *words, stdout=out)
    return out.getvalue()


class TestTheCommand:
    def test_lists_changes_pauses_and_runs(self, nightly: Schedule) -> None:
        assert "30 2 * * *" in said("list")
        said("set", "test.nightly", "--every", "120")
        assert "every 2 min" in said("list")
        said("reset", "test.nightly")
        said("pause", "test.nightly", "--why", "moving house")
        assert "moving house" in said()
        said("resume", "test.nightly")
        said("run", "test.nightly")
        assert Effect.objects.count() == 1

    def test_names_the_schedule_whose_time_the_code_has_wrong(self, nightly: Schedule) -> None:
        schedule(samples.note.si(n=1), cron="0 8 * * MOO", name="test.nightly")
        with pytest.raises(BadTiming, match=r"test\.nightly: Not a cron expression"):
            schedules.sync()

    def test_names_what_it_cannot_do(self, nightly: Schedule) -> None:
        with pytest.raises(CommandError, match="There are: "):
            said("run", "test.no_such")
        with pytest.raises(CommandError, match="five fields"):
            said("set", "test.nightly", "--cron", "daily")
        with pytest.raises(CommandError, match="either"):
            said("set", "test.nightly", "--cron", "0 0 * * *", "--every", "60")


class TestTheAdmin:
    def test_changes_pauses_runs_and_adds(self, nightly: Schedule, admin_client: Client) -> None:
        page = f"/admin/owed/schedule/{nightly.pk}/change/"
        times = {"cron": "15 4 * * *", "zone": BERLIN, "every": "", "missed": "skip"}
        assert b"five fields" in admin_client.post(page, {**times, "cron": "daily"}).content
        assert admin_client.post(page, times).status_code == 302
        nightly.refresh_from_db()
        assert (nightly.cron, nightly.missed, nightly.edited_by) == ("15 4 * * *", "skip", "admin")
        for action in ("pause", "run_now", "resume"):
            admin_client.post("/admin/owed/schedule/", {"action": action, "_selected_action": [nightly.pk]}, follow=True)
        assert Effect.objects.count() == 1
        added = {**times, "name": "mine", "task": "test.note", "args": '{"n": 3}'}
        assert b"missing a required" in admin_client.post("/admin/owed/schedule/add/", {**added, "args": '{"x": 3}'}).content
        admin_client.post("/admin/owed/schedule/add/", added)
        mine = Schedule.objects.get(name="mine")
        assert mine.next_at > timezone.now()
        make_due(mine)
        assert ticked() == ["mine"]
        admin_client.post(f"/admin/owed/schedule/{nightly.pk}/delete/", {"post": "yes"})
        assert Schedule.objects.filter(pk=nightly.pk).exists(), "the code would make it again"
