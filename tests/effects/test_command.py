"""`manage.py effects`, as an operator types it."""

from __future__ import annotations

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.utils import timezone
from pytest_django import Settings

from owed import record
from owed.models import Effect
from tests.effects import samples
from tests.effects.samples import rows

pytestmark = [pytest.mark.django_db, pytest.mark.covers("D13")]


def effects(*words: str) -> str:
    out = StringIO()
    call_command("effects", *words, stdout=out)
    return out.getvalue()


def owe(*signatures: object) -> list[int]:
    with transaction.atomic():
        return sorted(record(*signatures, about="post:9").ids)


class TestEffectsCommand:
    def test_lists_by_state_as_lines_and_as_json(self) -> None:
        [pk] = owe(samples.note.si(n=1))
        assert f"e{pk}" in effects("list", "--state", "ready")
        assert "test.note" in effects("list")
        assert json.loads(effects("list", "--state", "dead", "--json")) == []
        [row] = json.loads(effects("list", "--about", "post:9", "--json"))
        assert (row["id"], row["task"], row["args"], row["state"]) == (pk, "test.note", {"n": 1}, "ready")

    def test_shows_one_whole_and_says_what_is_missing(self) -> None:
        [pk] = owe(samples.note.si(n=1))
        assert json.loads(effects("show", str(pk)))["about"] == "post:9"
        with pytest.raises(CommandError, match="No effect has the id 0"):
            effects("show", "0")

    def test_works_everything_off_without_broker_or_worker(self, applied: None) -> None:
        owe(*(samples.note.si(n=n) for n in range(3)))
        effects("work", "--until-empty")
        assert rows() == [0, 1, 2]

    @pytest.mark.covers("K13")
    def test_replays_dead_letters_and_refuses_the_living(self, applied: None) -> None:
        samples.poison.add(1)
        [pk] = owe(samples.note.si(n=1))
        Effect.objects.filter(pk=pk).update(max_attempts=1)
        effects("work", "--until-empty")
        assert Effect.objects.get(pk=pk).state == "dead"
        samples.poison.clear()
        assert "1 owed again" in effects("replay", "--all")
        effects("work", "--until-empty")
        assert Effect.objects.get(pk=pk).state == "done"
        assert rows() == [1]
        with pytest.raises(CommandError, match="were not dead"):
            effects("replay", str(pk))
        with pytest.raises(CommandError, match="say --all"):
            effects("replay")

    def test_sweeps_once_and_purges(self) -> None:
        owe(samples.note.si(n=1))
        assert "0 ready, 0 dead" in effects("sweep")
        Effect.objects.update(state="done", finished_at="2020-01-01T00:00Z")
        assert "1 removed" in effects("purge", "--hours", "1")

    @pytest.mark.parametrize("state", ["ready", "waiting", "running", "dead"])
    def test_purges_nothing_that_is_not_done_however_old(self, state: str) -> None:
        owe(samples.note.si(n=1))
        old = "2020-01-01T00:00Z"
        Effect.objects.update(state=state, created_at=old, finished_at=old if state == "dead" else None)
        assert "0 removed" in effects("purge", "--hours", "1")
        assert Effect.objects.get().state == state


class TestWithoutASettingForRetention:
    def test_shows_and_purges_after_two_weeks(self, settings: Settings) -> None:
        del settings.OWED_RETENTION
        [pk] = owe(samples.note.si(n=1))
        assert json.loads(effects("show", str(pk)))["id"] == pk
        with pytest.raises(CommandError, match="14 days"):
            effects("show", "999999999")
        Effect.objects.update(state="done", finished_at=timezone.now() - timedelta(days=13))
        assert effects("purge").strip() == "0 removed."
        Effect.objects.update(finished_at=timezone.now() - timedelta(days=15))
        assert effects("purge").strip() == "1 removed."
