"""`make mutate` takes each guard away and wants a red test; here, that it would find what it takes away."""

from __future__ import annotations

import pytest

from tests.proof.guards import GUARDS
from tests.proof.mutants import Guard
from tools.devserver.server import ROOT

pytestmark = pytest.mark.covers("T8")


@pytest.mark.parametrize("guard", GUARDS, ids=lambda guard: guard.name)
class TestAGuard:
    def test_stands_where_it_is_taken_away(self, guard: Guard) -> None:
        assert [edit for edit in guard.edits if not edit.applies(ROOT)] == []

    def test_names_tests_that_exist(self, guard: Guard) -> None:
        for name in guard.tests:
            path, *parts = name.split("::")
            text = (ROOT / path).read_text()
            assert [part for part in parts if f"class {part}" not in text and f"def {part}(" not in text] == []


def test_no_two_guards_share_a_name() -> None:
    assert len({guard.name for guard in GUARDS}) == len(GUARDS)
