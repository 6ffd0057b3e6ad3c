"""A paused queue or task: nothing of it begins, it is not late, and it goes on where it stopped."""

from __future__ import annotations

import time
from datetime import timedelta
from io import StringIO
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.db.models import F
from django.test import Client
from django.utils import timezone

from app.accounts.models import User
from owed import record, registry, retry
from owed.acting import Decision, ReasonNeeded
from owed.claiming import claim
from owed.contrib import prometheus
from owed.models import Effect, Pause
from owed.pausing import OneOfTwo, pause, resume, unpark
from owed.running import run
from owed.sweeping import sweep
from owed.testing import drain
from owed.waker import Hint, waker
from tests.effects import samples
from tests.effects.samples import rows

pytestmark = pytest.mark.django_db
ADA = Decision(by="ada", reason="the provider is down")


def effects(*words: str) -> str:
    out = StringIO()
    call_command("effects", *words, stdout=out)
    return out.getvalue().strip()


def owe(*signatures: Any) -> list[int]:
    with transaction.atomic():
        return sorted(record(*signatures).ids)


def states() -> list[str]:
    return list(Effect.objects.order_by("pk").values_list("state", flat=True))


def make_due() -> None:
    Effect.objects.filter(state__in=["ready", "waiting", "running"]).update(wake_at=F("wake_at") - timedelta(days=1))


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> list[Hint]:
    hints: list[Hint] = []
    monkeypatch.setattr(waker, "publish", hints.extend)
    return hints


class TestAPause:
    def test_lets_nothing_begin_by_hint_by_sweeper_or_without_a_broker(self, applied: None, rung: list[Hint]) -> None:
        owe(samples.note.si(n=1))
        assert pause(queue="test", decision=ADA)
        later = owe(samples.note.si(n=2), samples.together.si(post_id=3), samples.note.si(n=4).set(countdown=60))
        for pk in later:
            assert run(registry.get(Effect.objects.get(pk=pk).task), [pk], uuid4()).claimed == 0
        make_due()
        assert (sweep().ready, rung, drain(), rows()) == (0, [], [], [])
        assert states() == ["paused"] * 4
        assert [each.attempt for each in Effect.objects.all()] == [0] * 4

    def test_holds_back_only_what_it_names(self, applied: None) -> None:
        pause(task="test.note", decision=ADA)
        owe(samples.note.si(n=1), samples.together.si(post_id=2))
        drain()
        assert rows() == [2]

    def test_goes_on_once_it_is_resumed(self, applied: None, rung: list[Hint]) -> None:
        pause(queue="test", decision=ADA)
        owe(*(samples.note.si(n=n) for n in range(3)))
        make_due()
        sweep()
        assert resume(queue="test", decision=ADA)
        assert sweep().ready == 3
        drain()
        assert rows() == [0, 1, 2]
        assert not resume(queue="test", decision=ADA)

    def test_of_a_task_outlasts_the_end_of_the_queues_pause(self, applied: None) -> None:
        owe(samples.note.si(n=1), samples.together.si(post_id=2))
        pause(queue="test", decision=ADA)
        pause(task="test.note", decision=ADA)
        assert states() == ["paused", "paused"]
        resume(queue="test", decision=ADA)
        sweep()
        drain()
        assert (rows(), states()) == ([2], ["paused", "done"])

    def test_reaches_a_task_under_its_former_name(self) -> None:
        [old] = owe(samples.renamed.si(n=1))
        Effect.objects.update(task="test.old_name")
        pause(task="test.renamed", decision=ADA)
        assert claim(registry.get("test.renamed"), [old], uuid4()) == []
        assert states() == ["paused"]
        resume(task="test.renamed", decision=ADA)
        assert (states(), Pause.objects.count()) == (["ready"], 0)

    def test_lets_end_what_runs(self, applied: None) -> None:
        [pk] = owe(samples.note.si(n=1))
        claimed = claim(registry.get("test.note"), [pk], uuid4())
        pause(queue="test", decision=ADA)
        assert states() == ["running"]
        assert retry.after_failure(claimed[0], "no luck")
        make_due()
        sweep()
        assert states() == ["paused"]
        assert Effect.objects.get().attempt == 1

    def test_buries_what_was_lost_while_it_lasted(self) -> None:
        [pk] = owe(samples.frail.si(n=1))
        claim(registry.get("test.frail"), [pk], uuid4())
        Effect.objects.update(attempt=2)
        pause(queue="test", decision=ADA)
        make_due()
        assert sweep().dead == 1
        assert states() == ["dead"]

    def test_keeps_who_why_and_since_and_is_said_once(self) -> None:
        assert pause(queue="test", decision=ADA)
        assert not pause(queue="test", decision=Decision(by="bob", reason="again"))
        each = Pause.objects.get()
        assert (each.decided_by, each.reason) == ("ada", "the provider is down")
        assert timezone.now() - each.since < timedelta(minutes=1)

    def test_names_one_thing_and_a_reason(self) -> None:
        for wrong in ({}, {"queue": "test", "task": "test.note"}):
            with pytest.raises(OneOfTwo):
                pause(**wrong, decision=ADA)
        with pytest.raises(ReasonNeeded):
            pause(queue="test", decision=Decision(by="ada"))
        assert not Pause.objects.exists()


class TestWhatIsPaused:
    def test_is_planned_and_not_late(self) -> None:
        long_ago = timezone.now() - timedelta(hours=3)
        owe(samples.note.si(n=1), samples.together.si(post_id=2))
        Effect.objects.update(due_at=long_ago)
        pause(task="test.note", decision=ADA)
        [row] = Effect.objects.backlog()
        assert (row.owed, row.paused, row.oldest_due is None) == (2, 1, False)
        assert Effect.objects.untaken(30) == ["test"]
        pause(queue="test", decision=ADA)
        newest = owe(samples.note.si(n=3))
        Effect.objects.filter(pk__in=newest).update(due_at=long_ago)
        [row] = Effect.objects.backlog()
        assert (row.owed, row.paused, row.oldest_due) == (3, 3, None)
        assert Effect.objects.untaken(30) == []
        assert not Effect.objects.overdue().exists()

    def test_is_not_late_by_the_length_of_the_pause(self) -> None:
        owe(samples.note.si(n=1))
        Effect.objects.update(due_at=timezone.now() - timedelta(hours=3))
        pause(queue="test", decision=ADA)
        resume(queue="test", decision=ADA)
        [row] = Effect.objects.backlog()
        assert row.oldest_due is not None
        assert row.oldest_due < 60

    def test_is_owed_again_where_a_resume_was_killed(self) -> None:
        owe(samples.note.si(n=1))
        pause(queue="test", decision=ADA)
        Pause.objects.all().delete()
        assert (unpark(), states()) == (1, ["ready"])

    def test_is_counted_in_metrics(self) -> None:
        owe(samples.note.si(n=1))
        pause(queue="test", decision=ADA)
        lines = prometheus.render().decode().splitlines()
        assert 'afterword_effects{queue="test",state="paused"} 1.0' in lines
        assert 'afterword_paused{queue="test",task=""} 1.0' in lines
        assert 'afterword_oldest_due_seconds{queue="test"} 0.0' in lines

    def test_costs_the_sweeper_nothing_once_it_was_put_aside(self) -> None:
        """A pass over many that are paused reads as little as one over none."""
        owe(*(samples.note.si(n=n) for n in range(2_000)))
        pause(queue="test", decision=ADA)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE effects_effect")
        owe(samples.together.si(post_id=1))
        began = time.process_time()
        assert sweep().ready == 0
        assert time.process_time() - began < 0.5
        assert Effect.objects.filter(state="paused").count() == 2_000


class TestTheCommand:
    def test_pauses_shows_and_resumes(self) -> None:
        owe(samples.note.si(n=1))
        assert effects("pause", "--queue", "test", "--reason", "the provider is down", "--by", "ada") == "Paused."
        for verb in ("list", "paused"):
            assert "queue test paused by ada since" in effects(verb)
        assert effects("resume", "--queue", "test") == "Resumed."
        assert effects("paused") == "Nothing is paused."

    def test_says_what_is_missing(self) -> None:
        with pytest.raises(CommandError, match="queue or a task"):
            effects("pause", "--reason", "x")
        with pytest.raises(CommandError, match="Say why"):
            effects("pause", "--queue", "test")
        with pytest.raises(CommandError, match="not paused"):
            effects("resume", "--queue", "test")


class TestTheAdmin:
    @pytest.fixture
    def root(self, client: Client) -> Client:
        client.force_login(User.objects.create(username="root", is_staff=True, is_superuser=True))
        return client

    def test_pauses(self, root: Client, applied: None) -> None:
        owe(samples.note.si(n=1))
        root.post("/admin/owed/pause/add/", {"queue": "test", "reason": "the provider is down"})
        assert states() == ["paused"]
        paused = Pause.objects.values_list("queue", "task", "reason", "decided_by").get()
        assert paused == ("test", "", "the provider is down", "root")

    @pytest.mark.parametrize("named", [{}, {"queue": "test", "task": "test.note"}])
    def test_says_what_is_wrong(self, root: Client, named: dict[str, str]) -> None:
        page = root.post("/admin/owed/pause/add/", {**named, "reason": "the provider is down"})
        assert "Name a queue or a task, and not both." in page.content.decode()
        assert not Pause.objects.exists()

    @pytest.mark.parametrize("action", ["resume", "delete_selected"])
    def test_puts_back_to_work_what_was_paused(self, root: Client, applied: None, action: str) -> None:
        pause(queue="test", decision=ADA)
        owe(samples.note.si(n=1))
        run(registry.get("test.note"), list(Effect.objects.values_list("pk", flat=True)), uuid4())
        asked = {"action": action, "_selected_action": Pause.objects.get().pk, "post": "yes"}
        root.post("/admin/owed/pause/", asked)
        assert (Pause.objects.count(), states()) == (0, ["ready"])

    def test_resumes_from_the_page_of_a_pause(self, root: Client, applied: None) -> None:
        pause(queue="test", decision=ADA)
        root.post(f"/admin/owed/pause/{Pause.objects.get().pk}/delete/", {"post": "yes"})
        assert not Pause.objects.exists()
