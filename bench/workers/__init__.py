"""What workers do in a second: `python -m bench workers`."""

from __future__ import annotations

from collections.abc import Iterator

from bench.report import Table


def run(scale: float) -> Iterator[Table]:
    # Imported late: the other contenders' processes import this package too, and need nothing of ours.
    from bench.workers import race

    yield from race.run(scale)
