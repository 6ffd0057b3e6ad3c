"""An effect that only workers of the next release know; they load it by `-I tests.journeys.next_release`."""

from __future__ import annotations

from owed import task
from tests.journeys.sample_tasks import put


@task("test.of_the_next_release")
def of_the_next_release(*, n: int) -> None:
    put(n)
