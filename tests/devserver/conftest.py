"""A supervisor as a process of its own."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.devserver.running import Run
from tools.devserver import orphans
from tools.devserver.server import ROOT

SERVERS = ("DATABASE_URL", "CELERY_BROKER_URL", "REDIS_URL")


@pytest.fixture
def supervised(tmp_path: Path) -> Iterator[Callable[..., Run]]:
    """Return a maker of runs; by default only the mailbox is bundled, as the session's servers are given."""
    runs: list[Run] = []

    def make(folder: Path = tmp_path, *, root: Path = ROOT, bundled: bool = False, **settings: str) -> Run:
        own = dict.fromkeys(SERVERS, "") if bundled else {}
        runs.append(Run(folder, {**own, **settings}, root))
        return runs[-1]

    yield make
    for run in runs:
        if run.process and run.process.poll() is None:
            run.end(signal.SIGTERM)
        for pid in run.children():
            orphans.end(pid, signal.SIGKILL)
