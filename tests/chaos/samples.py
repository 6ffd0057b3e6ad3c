"""The load's own effects; workers load them by `-I tests.chaos.samples`. Leases are short here, a tenth of all hints vanish."""

from __future__ import annotations

import os
import random
import time
from dataclasses import replace

from owed import current, effect, record, registry, task
from owed.recording import Owed
from owed.waker import Hint, Publish, waker
from tests.chaos import bodies

SHORT = 5.0
DROPPED = float(os.environ.get("CHAOS_DROP", "0.1"))


@task("chaos.apply", timeout=2)
def apply(*, n: str) -> None:
    bodies.apply(n)


@effect("chaos.index", batch=100, debounce=0.5, timeout=2)
def _index(*, source_id: int) -> None:
    """Take many at once."""


@_index.runs_many
def index(source_ids: list[int]) -> None:
    bodies.index(source_ids)


@task("chaos.call", kind="external", timeout=2)
def call(*, n: str) -> None:
    running = current()
    assert running
    bodies.call(n, running.key)


@task("chaos.hang", kind="external", timeout=5)
def hang(*, n: str) -> None:
    """Never end at the first attempt, so that a kill finds it at work."""
    running = current()
    assert running
    if running.attempt == 1:
        time.sleep(60)
    bodies.apply(n)


@task("chaos.poison", timeout=2, max_attempts=2)
def poison(*, n: str) -> None:
    bodies.die()


def owe(kind: str, n: str, subject: int | None) -> Owed:
    """Record what the intention owes, in the caller's transaction."""
    if kind == "index":
        return record(index.si(source_id=subject))
    return record({"apply": apply, "call": call, "hang": hang, "poison": poison}[kind].si(n=n))


class Lossy:
    """A publisher that drops some hints, as a broker may."""

    def __init__(self, publish: Publish) -> None:
        self.publish = publish

    def __call__(self, hints: list[Hint]) -> None:
        kept = [hint for hint in hints if random.random() >= DROPPED]
        if kept:
            self.publish(kept)


def shorten_leases() -> None:
    """Let a kill be made good in seconds: the project's own effects keep their bodies and get at most this lease."""
    for declaration in registry.declared():
        registry.declare(replace(declaration, timeout=min(declaration.timeout, SHORT)))


shorten_leases()
if waker.publish is not None:
    waker.publish = Lossy(waker.publish)
