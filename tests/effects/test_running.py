"""Claiming, running and settling: every transition, and its fence."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.db import connection, transaction

from owed import clock, dead_letters, record, registry, retry, settling
from owed.claiming import Claimed, claim
from owed.models import Effect
from owed.outcomes import LostLease
from owed.running import run
from owed.scrubbing import scrub
from owed.sweeping import sweep
from owed.testing import drain
from tests.effects import samples
from tests.effects.samples import rows

pytestmark = pytest.mark.django_db


def owe(*signatures: object) -> list[int]:
    with transaction.atomic():
        return sorted(record(*signatures).ids)


def take(pk: int) -> Claimed:
    effect = Effect.objects.get(pk=pk)
    [claimed] = claim(registry.get(effect.task), [pk], uuid4())
    return claimed


def expire(pk: int) -> None:
    Effect.objects.filter(pk=pk).update(wake_at="2020-01-01T00:00Z")


class TestClaim:
    def test_counts_the_attempt_and_writes_the_hint_on_the_row(self) -> None:
        [pk] = owe(samples.note.si(n=1))
        hint = uuid4()
        [claimed] = claim(registry.get("test.note"), [pk], hint)
        effect = Effect.objects.get(pk=pk)
        assert (effect.state, effect.attempt, effect.hint) == ("running", 1, hint)
        assert claimed.args == {"n": 1}

    @pytest.mark.covers("X5")
    def test_finds_nothing_the_second_time(self) -> None:
        [pk] = owe(samples.note.si(n=1))
        take(pk)
        assert claim(registry.get("test.note"), [pk], uuid4()) == []

    def test_takes_no_effect_of_another_task(self) -> None:
        [pk] = owe(samples.note.si(n=1))
        assert claim(registry.get("test.call"), [pk], uuid4()) == []


class TestAnAtomicEffect:
    @pytest.mark.covers("D1")
    def test_commits_its_writes_with_its_completion(self, applied: None) -> None:
        [pk] = owe(samples.note.si(n=1))
        drain()
        assert rows() == [1]
        effect = Effect.objects.get(pk=pk)
        assert (effect.state, effect.outcome, effect.error) == ("done", "done", "")
        assert effect.duration is not None

    def test_keeps_none_of_its_writes_when_it_fails(self, applied: None) -> None:
        samples.poison.add(1)
        [pk] = owe(samples.note.si(n=1))
        drain()
        assert rows() == []
        assert Effect.objects.get(pk=pk).state == "waiting"

    @pytest.mark.covers("X5")
    def test_undoes_a_zombie_that_finishes_after_a_reclaim(self, applied: None) -> None:
        [pk] = owe(samples.note.si(n=1))
        zombie = take(pk)
        Effect.objects.filter(pk=pk).update(state="ready")
        fresh = take(pk)
        with pytest.raises(LostLease), transaction.atomic():
            samples.note(n=1)
            settling.finish([zombie])
        settling.finish([fresh])
        assert rows() == []
        assert Effect.objects.get(pk=pk).attempt == 2

    @pytest.mark.covers("X5")
    def test_runs_once_for_three_hints_in_any_order(self, applied: None) -> None:
        ids = owe(*(samples.note.si(n=n) for n in range(5)))
        for pk in [*ids, *reversed(ids), *ids]:
            run(registry.get("test.note"), [pk], uuid4())
        assert rows() == [0, 1, 2, 3, 4]


@pytest.mark.usefixtures("applied")
class TestPuttingOff:
    def test_lets_what_nobody_began_wait_without_a_run(self) -> None:
        pks = owe(*(samples.note.si(n=n) for n in range(20)))
        before = Effect.objects.get(pk=pks[0])
        assert retry.put_off(pks, timedelta(hours=1), "they rest") == 20
        drain()
        assert not samples.ran
        effects = Effect.objects.all()
        waits = [(each.wake_at - each.created_at).total_seconds() for each in effects]
        assert {(each.state, each.attempt, each.error) for each in effects} == {("waiting", 0, "they rest")}
        assert 3600 <= min(waits) < max(waits) < 7300
        assert effects.get(pk=pks[0]).due_at == before.due_at

    def test_leaves_alone_what_runs_or_is_over(self) -> None:
        running, done, dead, waiting = owe(*(samples.note.si(n=n) for n in range(4)))
        take(running)
        run(registry.get("test.note"), [done], uuid4())
        assert dead_letters.bury(take(dead), "gave up", "gone")
        assert retry.put_off([waiting], timedelta(minutes=1), "they rest") == 1
        before = list(Effect.objects.order_by("pk").values())
        assert [each["state"] for each in before] == ["running", "done", "dead", "waiting"]
        assert retry.put_off([running, done, dead, waiting], timedelta(hours=1), "they rest") == 0
        assert list(Effect.objects.order_by("pk").values()) == before

    def test_ends_by_itself(self) -> None:
        [pk] = owe(samples.note.si(n=1))
        retry.put_off([pk], timedelta(0), "they rest")
        sweep()
        drain()
        assert (Effect.objects.get(pk=pk).state, samples.ran) == ("done", [("note", 1)])


class TestAnExternalEffect:
    @pytest.mark.covers("X9")
    def test_shows_the_outside_one_key_on_every_attempt(self) -> None:
        samples.poison.add(1)
        [pk] = owe(samples.call.si(n=1))
        drain()
        Effect.objects.filter(pk=pk).update(state="ready")
        samples.poison.clear()
        drain()
        assert samples.ran == [("call", f"e{pk}"), ("call", f"e{pk}")]
        assert Effect.objects.get(pk=pk).state == "done"

    def test_waits_without_counting_a_failure_when_told_later(self) -> None:
        [pk] = owe(samples.later.si(seconds=90))
        drain()
        effect = Effect.objects.get(pk=pk)
        assert (effect.state, effect.attempt, effect.max_attempts, effect.error) == ("waiting", 1, 21, "busy")
        assert 85 < (effect.wake_at - effect.created_at).total_seconds() < 95

    @pytest.mark.parametrize("wrong_by", [timedelta(days=3), timedelta(days=-3)])
    def test_waits_until_a_moment_by_the_databases_clock(self, wrong_by: timedelta) -> None:
        [pk] = owe(samples.note.si(n=1))
        [claimed] = claim(registry.get("test.note"), [pk], uuid4())
        at = clock.now() + timedelta(hours=1)
        with time_machine.travel(at + wrong_by):
            assert retry.postpone(claimed, at, "busy")
        assert abs(Effect.objects.get(pk=pk).wake_at - at) < timedelta(seconds=1)

    @pytest.mark.parametrize("planned", [True, False])
    def test_is_late_while_it_waits_unless_that_was_the_plan(self, planned: bool) -> None:
        [pk] = owe(samples.note.si(n=1))
        [claimed] = claim(registry.get("test.note"), [pk], uuid4())
        assert retry.postpone(claimed, timedelta(hours=1), "not before", planned=planned)
        effect = Effect.objects.get(pk=pk)
        assert Effect.objects.overdue().exists() is not planned
        assert (effect.due_at == effect.wake_at, Effect.objects.backlog()[0].oldest_due is None) == (planned, planned)

    def test_is_dead_at_once_when_it_gives_up_and_names_no_address(self) -> None:
        [pk] = owe(samples.hopeless.si(n=1))
        drain()
        effect = Effect.objects.get(pk=pk)
        assert (effect.state, effect.error) == ("dead", "[address] does not exist")


class TestABatch:
    @pytest.mark.covers("P7", "H4")
    def test_gives_each_subject_once(self, applied: None) -> None:
        owe(*(samples.together.si(post_id=n % 3) for n in range(9)))
        drain()
        assert samples.ran == [("together", [0, 1, 2])]
        assert Effect.objects.filter(state="done").count() == 9

    @pytest.mark.covers("E16")
    def test_lets_ninety_nine_through_beside_a_poisoned_one(self, applied: None, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(retry, "backoff", lambda attempt: 3600.0)
        samples.poison.add(50)
        owe(*(samples.together.si(post_id=n) for n in range(100)))
        drain()
        assert rows() == [n for n in range(100) if n != 50]
        assert Effect.objects.filter(state="done").count() == 99
        [left] = Effect.objects.exclude(state="done")
        assert (left.state, left.args, left.attempt) == ("waiting", {"post_id": 50}, 1)

    @pytest.mark.covers("P9")
    def test_drains_1050_in_eleven_batches(self, applied: None) -> None:
        owe(*(samples.together.si(post_id=n) for n in range(1050)))
        drain()
        assert [len(ids) for _, ids in samples.ran] == [100] * 10 + [50]


class TestAFailure:
    def test_backs_off_with_jitter_up_to_an_hour(self) -> None:
        assert 1.6 <= retry.backoff(1) <= 2.4
        assert 2880 <= retry.backoff(30) <= 4320

    def test_is_tried_for_as_long_as_was_promised(self) -> None:
        pauses = [min(2.0**attempt, 3600) for attempt in range(1, 100)]
        for hours in (0, 1, 24, 48):
            tries = retry.tries_over(timedelta(hours=hours))
            assert sum(pauses[: tries - 1]) >= hours * 3600 > sum(pauses[: tries - 2]) or tries == 1

    @pytest.mark.covers("D20")
    @pytest.mark.parametrize("name", ["email.deliver", "email.notice", "social.deliver"])
    def test_of_what_goes_out_is_tried_for_two_days(self, name: str) -> None:
        tries = registry.get(name).max_attempts
        assert 48 * 3600 <= sum(min(2.0**attempt, 3600) for attempt in range(1, tries)) < 49 * 3600

    def test_becomes_a_dead_letter_when_tries_run_out_and_lives_again_by_replay(self) -> None:
        [pk] = owe(samples.frail.si(n=1))
        drain()
        Effect.objects.filter(pk=pk).update(state="ready")
        drain()
        effect = Effect.objects.get(pk=pk)
        assert (effect.state, effect.attempt, effect.outcome) == ("dead", 2, "out of tries")
        assert effect.replay()
        effect.refresh_from_db()
        assert (effect.state, effect.attempt, effect.max_attempts) == ("ready", 2, 22)
        assert not effect.replay()

    @pytest.mark.covers("X11")
    def test_stores_no_address_and_no_secret(self) -> None:
        samples.poison.add(1)
        with connection.cursor() as cursor:
            cursor.execute("CREATE TEMPORARY TABLE sample_applied (n integer) ON COMMIT DROP")
        [pk] = owe(samples.note.si(n=1))
        drain()
        error = Effect.objects.get(pk=pk).error
        assert error == "ValueError: poison 1 for [address] at smtp://host/?[query]"

    def test_stays_on_one_line_of_five_hundred_characters(self) -> None:
        assert scrub("a\nb\x00c") == "a b c"
        assert len(scrub("word " * 1000)) == 500
