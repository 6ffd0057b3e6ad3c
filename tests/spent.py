"""What a request costs: processor time here plus the time its queries took, so that a busy machine counts for less."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

from django.db import connection
from django.http import HttpResponse
from django.test.utils import CaptureQueriesContext


class Spent(NamedTuple):
    seconds: float
    queries: list[str]


def cheapest(ask: Callable[[], HttpResponse], *, times: int) -> Spent:
    """Return what the cheapest of so many requests cost."""
    return min((_spent(ask) for _ in range(times)), key=lambda spent: spent.seconds)


def _spent(ask: Callable[[], HttpResponse]) -> Spent:
    began = time.process_time()
    with CaptureQueriesContext(connection) as queries:
        assert ask().status_code == 200
    waited = sum(float(query["time"]) for query in queries)
    return Spent(time.process_time() - began + waited, [query["sql"] for query in queries])
