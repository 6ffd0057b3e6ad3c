"""What workers do in a second: ours beside raw Celery, other queues, and the same statements by psycopg alone.

Each contender has two processes. They stand still while their work is queued, and are timed from the moment they go on until
nothing is left. Ratios are to the mean of the runs of raw Celery just before and just after, of time and of CPU: that of the
workers, PostgreSQL and the broker together.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack
from statistics import median

from bench.report import Table, summarise
from bench.workers import contenders
from bench.workers.contenders import Contender
from bench.workers.measuring import Machine, Pass

ROUNDS = 5
OURS = {"batches": "batches of 100", "singles": "atomic singles", "external": "external singles"}
BARE = "bare psycopg, batches"


class Race:
    """Rounds of all contenders, raw Celery between every two; per name each run beside raw Celery's around it."""

    def __init__(self, raw: Contender, pairs: list[list[Contender]], scale: float) -> None:
        self.raw, self.pairs, self.scale = raw, pairs, scale
        self.machine = Machine()
        self.runs: dict[str, list[tuple[Pass, Pass]]] = defaultdict(list)

    def warm_up(self) -> None:
        for each in [self.raw, *(each for pair in self.pairs for each in pair)]:
            each.measure(self.machine, each.number // 10)

    def round(self) -> None:
        before = self._measure(self.raw)
        for pair in random.sample(self.pairs, len(self.pairs)):
            passes = {each.name: self._measure(each) for each in random.sample(pair, len(pair))}
            after = self._measure(self.raw)
            for name, measured in {**passes, self.raw.name: after}.items():
                self.runs[name].append((measured, before.mean(after)))
            before = after

    def wall(self, name: str, beside: str = "") -> list[float]:
        """Return the rate relative to raw Celery's, or to another contender's of the same round."""
        others = [measured for measured, _ in self.runs[beside]] if beside else [raw for _, raw in self.runs[name]]
        return [measured.rate / other.rate for (measured, _), other in zip(self.runs[name], others, strict=True)]

    def cpu(self, name: str, beside: str = "") -> list[float]:
        """Return the cost of one of the others in CPU seconds relative to its own."""
        others = [measured for measured, _ in self.runs[beside]] if beside else [raw for _, raw in self.runs[name]]
        return [other.cost / measured.cost for (measured, _), other in zip(self.runs[name], others, strict=True)]

    def _measure(self, contender: Contender) -> Pass:
        return contender.measure(self.machine, max(100, round(contender.number * self.scale)))


def run(scale: float) -> Iterator[Table]:
    """Measure five rounds, yield the table, and keep the ratios in summary.json."""
    contenders.LOG.parent.mkdir(parents=True, exist_ok=True)
    contenders.LOG.write_bytes(b"")
    with ExitStack() as stack:
        batches, atomic, external = contenders.ours(stack)
        many, single = contenders.statements_alone(stack)
        others = contenders.other_queues(stack)
        race = Race(contenders.celery_alone(stack), [[batches, many], [atomic, single], [external, *others]], scale)
        race.warm_up()
        for _ in range(ROUNDS):
            race.round()
    summarise(
        **{f"{short}_x_celery": median(race.wall(name)) for short, name in OURS.items()},
        **{f"{short}_x_celery_cpu": median(race.cpu(name)) for short, name in OURS.items()},
        batches_x_psycopg=median(race.wall(OURS["batches"], BARE)),
        batches_x_psycopg_cpu=median(race.cpu(OURS["batches"], BARE)),
    )
    heads = ("two processes of", "a second", "x raw Celery", "x by CPU time")
    title = f"Drained by workers, {ROUNDS} interleaved rounds: medians [least to most]"
    yield Table(title, heads, [_row(race, name) for name in race.runs])


def _row(race: Race, name: str) -> tuple[str, ...]:
    rates = [measured.rate for measured, _ in race.runs[name]]
    return (name, f"{median(rates):,.0f}", _spread(race.wall(name)), _spread(race.cpu(name)))


def _spread(values: list[float]) -> str:
    return f"{median(values):.2f} [{min(values):.2f} to {max(values):.2f}]"
