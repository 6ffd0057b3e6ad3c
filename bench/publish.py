"""What six durable effects cost the transaction that publishes a post."""

from __future__ import annotations

from collections.abc import Callable

from bench import stage
from bench.report import Table, ratios
from bench.timing import Step, Variant, compare


def run(scale: float) -> list[Table]:
    owed = stage.effects_per_publication()
    return [
        _table(f"Publish, closed loop: the verb with {owed} durable effects", owed, int(200 * scale), 0.0),
        _table(f"Publish, paced at 10 ms: the verb with {owed} durable effects", owed, int(200 * scale), 0.01),
    ]


def _table(title: str, owed: int, count: int, pause: float) -> Table:
    board = stage.Switchboard()
    variants = [
        Variant("the verb, switchboard disconnected", _fresh, board.off),
        Variant(f"{owed} effects in the ledger, waker rings", _fresh, board.on),
        Variant(f"on_commit + {stage.EFFECTS} x delay(), plain Celery", _fresh, board.plain),
    ]
    try:
        compare(variants, count=count, pause=pause)
    finally:
        board.on()
    return ratios(title, variants)


def _fresh() -> Step:
    with stage.quiet():
        post = stage.draft()
    step: Callable[[], None] = stage.publishing(post)
    return step
