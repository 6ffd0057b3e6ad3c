"""Time variants interleaved in one process, so that a busy machine slows all of them alike."""

from __future__ import annotations

import gc
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import median, quantiles

BLOCK = 20
RUNS = 3

Step = Callable[[], object]


@dataclass
class Variant:
    """One way of doing it. `fresh` makes a step, outside the clock, that is then timed once."""

    name: str
    fresh: Callable[[], Step]
    around: Callable[[], None] = lambda: None
    runs: list[list[float]] = field(default_factory=list)

    def p50(self) -> float:
        """Milliseconds: the median of the runs' medians."""
        return median(median(run) for run in self.runs) * 1000

    def p99(self) -> float:
        """Milliseconds: the median of the runs' 99th percentiles."""
        return median(quantiles(run, n=100)[98] for run in self.runs) * 1000


def compare(variants: list[Variant], *, count: int, pause: float = 0.0) -> None:
    """Run each variant `count` times in each of three runs, in shuffled blocks of twenty. Pause in seconds."""
    for _ in range(RUNS):
        for variant in variants:
            variant.runs.append([])
        for _ in range(max(1, count // BLOCK)):
            for variant in random.sample(variants, len(variants)):
                variant.around()
                _block(variant, pause)


def _block(variant: Variant, pause: float) -> None:
    steps = [variant.fresh() for _ in range(BLOCK)]
    gc.collect()
    for step in steps:
        if pause:
            time.sleep(pause)
        began = time.perf_counter()
        step()
        variant.runs[-1].append(time.perf_counter() - began)
