"""A hint names several effects: what is claimed of it, what is done together, and what is left to others."""

from __future__ import annotations

import logging
from uuid import uuid4

import pytest
from django.db import transaction

from owed import record, registry
from owed.models import Effect
from owed.running import run
from owed.waker import pack, waker
from tests.effects import samples

pytestmark = pytest.mark.django_db


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """What is handed to the waker."""
    found: list[tuple[str, int]] = []
    monkeypatch.setattr(waker, "wake", found.extend)
    return found


def owe(*signatures: object) -> list[int]:
    with transaction.atomic():
        return sorted(record(*signatures).ids)


def sizes(task: str, number: int) -> list[int]:
    return [len(hint.ids) for hint in pack((task, n) for n in range(number))]


class TestTheSizeOfAHint:
    def test_of_a_batch_is_one_batch_where_few_wait(self) -> None:
        assert sizes("test.together", 60) == [60]
        assert sizes("test.together", 350) == [100, 100, 100, 50]

    def test_of_a_batch_is_up_to_five_where_two_hints_remain(self) -> None:
        assert sizes("test.together", 400) == [200, 200]
        assert sizes("test.together", 1600) == [500, 500, 500, 100]


class TestAHintOfSeveralBatches:
    def test_does_each_in_a_transaction_of_its_own(self, applied: None) -> None:
        ids = owe(*(samples.together.si(post_id=n) for n in range(210)))
        samples.poison.add(205)
        report = run(registry.get("test.together"), ids, uuid4())
        assert (len(report.done), len(report.waiting)) == (209, 1)
        assert [len(posts) for _, posts in samples.ran] == [100, 100, 10, *[1] * 10]
        assert samples.rows() == [n for n in range(210) if n != 205]

    def test_takes_nothing_more_after_half_a_second_and_leaves_the_rest_unclaimed(self, rung: list[tuple[str, int]]) -> None:
        ids = owe(*(samples.slowly.si(post_id=n) for n in range(6)))
        report = run(registry.get("test.slowly"), ids, uuid4())
        assert report.done == ids[:2]
        assert rung == [("test.slowly", pk) for pk in ids[2:]]
        assert set(Effect.objects.filter(pk__in=ids[2:]).values_list("state", "attempt")) == {("ready", 0)}

    def test_leaves_the_rest_to_others_when_its_process_ends(self, rung: list[tuple[str, int]]) -> None:
        ids = owe(*(samples.slowly.si(post_id=n) for n in (1, samples.LAST_WORDS, 3, 4)))
        with pytest.raises(SystemExit):
            run(registry.get("test.slowly"), ids, uuid4())
        assert rung == [("test.slowly", pk) for pk in ids[2:]]

    def test_is_one_line_in_the_log_for_each_batch(self, applied: None, caplog: pytest.LogCaptureFixture) -> None:
        ids = owe(*(samples.together.si(post_id=n) for n in range(150)))
        with caplog.at_level(logging.INFO, "owed"):
            run(registry.get("test.together"), ids, uuid4())
        lines = [(each.getMessage(), each.count, each.first, each.last) for each in caplog.records]
        assert lines == [
            ("effects done", 100, f"e{ids[0]}", f"e{ids[99]}"),
            ("effects done", 50, f"e{ids[100]}", f"e{ids[149]}"),
        ]
