"""Effects that do nothing, so that what is measured is the way to them. A worker loads them by `-I bench.workers.samples`."""

from __future__ import annotations

from owed import effect, task


@effect("bench.batch", batch=100)
def _batch(*, n: int) -> None:
    """Take many at once."""


@_batch.runs_many
def batch(numbers: list[int]) -> None:
    pass


@task("bench.atomic")
def atomic(*, n: int) -> None:
    pass


@task("bench.external", kind="external")
def external(*, n: int) -> None:
    pass
