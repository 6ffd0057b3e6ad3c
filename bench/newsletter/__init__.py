"""How fast a post reaches its readers by mail: `python -m bench newsletter`."""

from __future__ import annotations

from collections.abc import Iterator

from bench.report import Table


def run(scale: float) -> Iterator[Table]:
    # Imported late: the sink's and the raw senders' processes import this package too, and need nothing of ours.
    from bench.newsletter import race

    yield from race.run(scale)
