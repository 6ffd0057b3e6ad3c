"""What a batch owes says which of its effects owed it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import transaction

from owed import Declaration, origin, owe, record, registry
from owed.models import Effect
from owed.testing import drain
from tests.effects.samples import note

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("applied")]


@pytest.fixture
def spread() -> Iterator[Declaration[..., None]]:
    """An effect that takes many posts at once, and owes something about each, and something about none."""

    def spread(*, post_id: int) -> None: ...

    effect = Declaration(name="test.spread", takes=spread, batch=10)
    registry.declare(effect)

    @effect.runs_many
    def body(post_ids: list[int]) -> None:
        for pk in post_ids:
            owe(note.si(n=pk), about=f"post:{pk}")
        owe(note.si(n=0))

    yield effect
    registry.drop(effect.name)


def test_by_its_subject_and_else_the_first(spread: Declaration[..., None]) -> None:
    for pk in (1, 2, 3):
        with transaction.atomic(), origin.said(f"request:{pk}"):
            record(spread.si(post_id=pk), about=f"post:{pk}")
    drain()
    owing = {each.about: each.pk for each in Effect.objects.filter(task="test.spread")}
    notes = Effect.objects.filter(task="test.note").order_by("pk")
    assert [each.cause for each in notes] == [owing["post:1"], owing["post:2"], owing["post:3"], owing["post:1"]]
    assert [each.origin for each in notes] == ["request:1", "request:2", "request:3", "request:1"]
