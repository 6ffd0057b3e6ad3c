"""Schedules, as a program sees and changes them."""

from __future__ import annotations

import pytest

from owed import schedules
from owed.models import Effect
from owed.schedules import Schedule
from tests.api.client import Program

pytestmark = pytest.mark.django_db


@pytest.fixture
def path() -> str:
    schedules.sync()
    return f"/schedules/{Schedule.objects.get(name='upkeep.prove').pk}"


class TestSchedules:
    def test_are_listed_for_those_who_see_how_the_site_runs(
        self, path: str, editor: Program, author: Program, reader: Program, anybody: Program
    ) -> None:
        assert [program.get("/schedules").status for program in (editor, author, reader, anybody)] == [200, 403, 403, 401]
        listed = editor.get("/schedules").json
        assert ("upkeep.prove", 900) in [(each["name"], each["every"]) for each in listed]

    def test_are_changed_by_operators_alone(self, path: str, editor: Program, author: Program) -> None:
        assert author.patch(path, {"every": 60}).status == 403
        changed = editor.patch(path, {"cron": "30 7 * * MON", "zone": "Europe/Berlin"}).json
        assert (changed["cron"], changed["zone"], changed["every"]) == ("30 7 * * MON", "Europe/Berlin", None)
        assert editor.patch(path, {"every": 60}).json["cron"] == ""
        assert editor.patch(path, {"cron": "daily"}).status == 422
        assert editor.patch(path, {"every": 60, "cron": "0 0 * * *"}).status == 422
        assert editor.patch("/schedules/999999", {"every": 60}).status == 404

    def test_are_paused_resumed_and_run(self, path: str, editor: Program) -> None:
        assert editor.put(f"{path}/pause", {"why": "moving"}).json["paused_why"] == "moving"
        assert editor.put(f"{path}/pause", {"why": "again"}).json["paused_why"] == "moving"
        run = editor.post(f"{path}/runs")
        assert (run.status, run.json["task"]) == (201, "upkeep.prove")
        assert Effect.objects.count() == 1
        assert editor.delete(f"{path}/pause").json["paused_at"] is None
