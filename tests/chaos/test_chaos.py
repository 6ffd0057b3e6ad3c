"""A short run of the random faults and of the killed mailing; `make chaos` runs the long ones."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.chaos import drills, journey, mailing, oracle, slowly, storm, verdict

SEED = 5


class TestTheOracle:
    @pytest.mark.parametrize("module", [oracle, verdict])
    def test_shares_no_code_with_what_it_judges(self, module: object) -> None:
        tree = ast.parse(Path(str(module.__file__)).read_text())
        names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
        names |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        assert not {name.partition(".")[0] for name in names} & {
            "app",
            "tasks",
            "worker",
            "config",
            "tests",
            "django",
            "celery",
        }


@pytest.mark.slow
@pytest.mark.timeout(400)
class TestAnInstallationThatBreaks:
    @pytest.mark.covers("X1", "X2", "X5", "X6", "X12", "T7")
    def test_loses_nothing_doubles_nothing_and_shows_nothing_old(self, record_property: pytest.RecordProperty) -> None:
        judged = journey.run(10, SEED)
        assert judged["committed"] > 0
        for name in ("seed", "committed", "lost", "doubled", "unknown", "stale", "drain_s"):
            record_property(name, judged.get(name, SEED))

    @pytest.mark.covers("X5")
    def test_does_once_what_was_under_way_when_worker_groups_were_killed(self) -> None:
        assert drills.kills(SEED, effects=100, times=2)["done"] == 100

    @pytest.mark.covers("X5", "X10")
    def test_keeps_what_it_promised_when_the_database_crashes(self) -> None:
        assert drills.restarts(SEED, times=1)["committed"] > 0

    @pytest.mark.covers("E6", "X5", "X9")
    def test_mails_each_reader_once_or_says_that_it_is_in_doubt(self, record_property: pytest.RecordProperty) -> None:
        mailed = mailing.run(300, 2, SEED)
        record_property("unknown", mailed.get("unknown", 0))
        assert mailed["wrong"] == []

    @pytest.mark.covers("X7", "E6")
    def test_mails_each_slow_reader_once_while_the_broker_hands_hints_out_again(self) -> None:
        mailed = slowly.run(SEED, readers=160, ways=["acknowledged late"])
        assert (mailed["copies (acknowledged late)"], mailed["wrong"]) == (160, [])

    @pytest.mark.covers("X12")
    def test_asks_a_host_that_is_down_a_few_times_and_lets_nobody_else_wait(self) -> None:
        asked = storm.run(SEED, owed=60, seconds=5, before=2, loads="tests.chaos.hasty")
        assert (asked["sent"], asked["taken"], asked["wrong"]) == (60, 60, [])
