"""`python -m bench.workers.bare FILE`: the ledger's statements over psycopg alone, for each line "size first last" of it."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg

from owed.claiming import CLAIM
from owed.running import TIMEOUTS
from owed.settling import FINISH, LOCK
from owed.sql import array


def main() -> None:
    with psycopg.connect(os.environ["DATABASE_URL"], cursor_factory=psycopg.ClientCursor) as database:
        database.autocommit = True
        for size, first, last in _follow(Path(sys.argv[1])):
            for start in range(first, last + 1, size):
                _do(database, list(range(start, min(start + size, last + 1))))


def _follow(path: Path) -> Iterator[tuple[int, int, int]]:
    with path.open() as lines:
        while True:
            while line := lines.readline():
                size, first, last = map(int, line.split())
                yield size, first, last
            time.sleep(0.005)


def _do(database: psycopg.Connection, ids: list[int]) -> None:
    wanted = {"ids": array(ids), "names": ["bench.batch", "bench.atomic"], "lease": 70.0, "hint": uuid4()}
    rows = database.execute(CLAIM, wanted).fetchall()
    fence = [array(row[0] for row in rows), array(row[1] for row in rows)]
    with database.transaction():
        database.execute(TIMEOUTS, ["60000ms", "60000ms"])
        database.execute(LOCK, fence).fetchall()
        database.execute(FINISH, ["done", *fence])


if __name__ == "__main__":
    main()
