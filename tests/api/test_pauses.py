"""Programs pause and resume."""

from __future__ import annotations

from typing import Any

import pytest

from owed.models import Pause
from tests.api.client import Program

pytestmark = pytest.mark.django_db
PATH = "/effects/pauses"


class TestPauses:
    def test_are_made_listed_and_ended(self, editor: Program) -> None:
        made = editor.post(PATH, {"queue": "email", "reason": "the provider is down"})
        assert (made.status, made.json["queue"], made.json["reason"]) == (201, "email", "the provider is down")
        assert editor.get(PATH).json == [made.json]
        assert editor.delete(f"{PATH}/{made.json['id']}").status == 204
        assert (editor.get(PATH).json, editor.delete(f"{PATH}/{made.json['id']}").status) == ([], 404)

    @pytest.mark.parametrize(
        "wish",
        [{"reason": "x"}, {"queue": "email"}, {"queue": "email", "reason": " "}, {"queue": "a", "task": "b", "reason": "x"}],
    )
    def test_name_one_thing_and_why(self, editor: Program, wish: dict[str, Any]) -> None:
        assert editor.post(PATH, wish).status == 422
        assert not Pause.objects.exists()

    def test_are_for_operators(self, author: Program, anybody: Program) -> None:
        wish = {"queue": "email", "reason": "x"}
        assert [each.post(PATH, wish).status for each in (author, anybody)] == [403, 401]
        assert author.get(PATH).status == 403
