"""A worker that has done 20,000 effects singly is no larger than one that has done a few thousand."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from django.db import transaction
from pytest_celery import CeleryTestSetup

from owed import record
from owed.waker import waker
from tests.journeys import sample_tasks as samples
from tests.journeys.owing import count
from tests.journeys.waiting import eventually

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("fresh"), pytest.mark.timeout(1200)]
ROUNDS, EACH = 10, 2_000
WARM = 2
"""Rounds after which every cache of a process is full: what grows from there on grows for good."""
ROOM = 6 * 1024
"""Kilobytes that a process may grow by in 16,000 effects: less than 400 bytes for each."""


def sizes(group: int) -> dict[int, int]:
    """Return the resident kilobytes of each process of the group, without what it shares of files."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        pid = int(folder.name)
        try:
            if os.getpgid(pid) == group:
                status = dict(line.split(":", 1) for line in (folder / "status").read_text().splitlines())
                found[pid] = int(status["RssAnon"].split()[0])
        except (ProcessLookupError, FileNotFoundError):
            continue
    return found


class TestAWorker:
    def test_stays_as_large_as_it_is_over_twenty_thousand_singles(self, celery_setup: CeleryTestSetup) -> None:
        group = celery_setup.worker.container.process.pid
        seen: list[dict[int, int]] = []
        for turn in range(ROUNDS):
            with transaction.atomic():
                owed = record(*(samples.write.si(n=turn * EACH + n) for n in range(EACH)))
                transaction.on_commit(owed.enqueue)
            assert waker.wait_idle(30)
            eventually(lambda done=(turn + 1) * EACH: count("done") == done, timeout=300)
            seen.append(sizes(group))
            print(f"{(turn + 1) * EACH} done, kilobytes by process: {sorted(seen[-1].values())}")
        warm, last = seen[WARM - 1], seen[-1]
        assert set(warm) <= set(last), "a process was replaced, and its growth is unknown"
        assert {pid: last[pid] - warm[pid] for pid in warm if last[pid] - warm[pid] > ROOM} == {}
