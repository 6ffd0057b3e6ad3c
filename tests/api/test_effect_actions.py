"""Programs act on effects: the count first, then exactly those."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from owed.models import Effect
from tests.api.client import Program

pytestmark = pytest.mark.django_db
PATH = "/effects/actions"


def dead(number: int, about: str) -> list[int]:
    now = timezone.now()
    times = {"wake_at": now, "due_at": now, "created_at": now, "finished_at": now}
    kept = {"task": "search.refresh", "queue": "search", "kind": "atomic", "state": "dead"}
    return [Effect.objects.create(about=about, **kept, **times).pk for _ in range(number)]


class TestActions:
    def test_count_first_and_then_change_exactly_those(self, editor: Program) -> None:
        meant, others = dead(3, "post:1"), dead(1, "post:2")
        wish = {"verb": "discard", "filter": {"about": "post:1", "state": "dead"}, "reason": "duplicates"}
        counted = editor.post(PATH, {**wish, "dry_run": True})
        assert (counted.status, counted.json["number"]) == (200, 3)
        later = dead(1, "post:1")
        done = editor.post(PATH, {**wish, "as_of": counted.json["as_of"]})
        assert (done.status, done.json["number"]) == (200, 3)
        assert set(Effect.objects.filter(state="discarded").values_list("pk", flat=True)) == set(meant)
        assert set(Effect.objects.filter(state="dead").values_list("pk", flat=True)) == {*others, *later}
        shown = editor.get(f"/effects/{meant[0]}").json
        assert (shown["state"], shown["reason"], bool(shown["decided_by"])) == ("discarded", "duplicates", True)

    def test_are_found_by_the_same_filters_as_the_list(self, editor: Program) -> None:
        [pk] = dead(1, "post:1")
        Effect.objects.update(error="KeyError: 'slug'")
        found = editor.get("/effects", queue="search", task="search", error="slug", state="dead", age="0s").json
        assert [each["id"] for each in found] == [pk]
        assert editor.get("/effects", error="nothing").json == []

    def test_name_one_effect(self, editor: Program) -> None:
        first, second = dead(2, "post:1")
        assert editor.post(PATH, {"verb": "retry", "id": first}).json["number"] == 1
        assert Effect.objects.get(pk=second).state == "dead"

    @pytest.mark.parametrize(
        "wish",
        [
            {"verb": "erase", "all": True},
            {"verb": "retry"},
            {"verb": "retry", "filter": {"abuot": "post:1"}},
            {"verb": "retry", "filter": {"state": "late"}},
            {"verb": "discard", "all": True},
            {"verb": "discard", "all": True, "reason": "  "},
        ],
    )
    def test_refuse_what_is_not_clear(self, editor: Program, wish: dict[str, Any]) -> None:
        ids = dead(2, "post:1")
        assert editor.post(PATH, wish).status == 422
        assert Effect.objects.filter(pk__in=ids, state="dead").count() == 2

    def test_are_for_operators(self, author: Program, reader: Program, anybody: Program) -> None:
        dead(1, "post:1")
        statuses = [program.post(PATH, {"verb": "retry", "all": True}).status for program in (author, reader, anybody)]
        assert statuses == [403, 403, 401]
