"""Search: how long each class of query takes beside the query of the release before, and how fast posts are indexed."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from statistics import median

from bench.report import Table, summarise
from bench.search import control
from bench.search.loading import load
from bench.search.queries import Questions

POSTS = 100_000
EACH, EACH_BEFORE = 100, 10
AGAIN = 3
BATCH, BATCHES = 100, 6


def run(scale: float) -> list[Table]:
    number = max(1_000, int(POSTS * scale))
    began = time.monotonic()
    vocabulary = load(number)
    print(f"{number:,} posts and {len(vocabulary):,} words loaded in {time.monotonic() - began:.0f} s", flush=True)
    return [_queries(Questions(vocabulary, number), number), _writing(number)]


def _queries(questions: Questions, number: int) -> Table:
    from app.search.query import search

    lines, worst, before = [], 0.0, 0.0
    for name, draw in questions.classes().items():
        texts = [draw() for _ in range(EACH)]
        search(texts[0])
        runs = [[_milliseconds(lambda text=text: search(text)) for _ in range(AGAIN)] for text in texts]  # type: ignore[misc]
        old = [_milliseconds(lambda text=text: control.search(text)) for text in texts[:EACH_BEFORE]]  # type: ignore[misc]
        first, best = [run[0] for run in runs], [min(run) for run in runs]
        worst, before = max(worst, _p99(first)), max(before, max(old))
        lines.append((
            name, f"{median(first):.1f}", f"{_p99(first):.1f}", f"{_p99(best):.1f}", f"{median(old):.1f}", f"{max(old):.1f}",
            f"{median(old) / median(first):.1f}",
        ))  # fmt: skip
        print(" | ".join(lines[-1]), flush=True)
    summarise(search_worst_p99_ms=worst, search_x_before=before / worst)
    heads = ("class", "p50 ms", "p99 ms", f"p99 ms, best of {AGAIN}", "before: p50 ms", f"before: worst of {EACH_BEFORE}", "x")
    return Table(f"Search over {number:,} posts: the first page, with snippets", heads, lines)


def _writing(number: int) -> Table:
    from app.search.index import update_search_index_batch

    ways: dict[str, Callable[[list[int]], object]] = {
        "before": control.index,
        "now": lambda ids: update_search_index_batch(ids, again=True),
    }
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(BATCHES):
        ids = random.sample(range(1, number + 1), BATCH)
        for name in random.sample(list(ways), len(ways)):
            taken[name].append(_milliseconds(lambda: ways[name](ids)))  # noqa: B023 - called at once
    rates = {name: BATCH * len(times) / sum(times) * 1000 for name, times in taken.items()}
    lines = [(name, f"{rate:.0f}", f"{rate / rates['before']:.2f}") for name, rate in rates.items()]
    summarise(search_reindex_rate=rates["now"] / rates["before"])
    return Table(f"Posts indexed again by {BATCH}", ("way", "posts a second", "of before"), lines)


def _milliseconds(step: Callable[[], object]) -> float:
    began = time.perf_counter()
    step()
    return (time.perf_counter() - began) * 1000


def _p99(times: Sequence[float]) -> float:
    return sorted(times)[max(0, len(times) * 99 // 100 - 1)]
