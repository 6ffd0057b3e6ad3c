"""`python -m tests.chaos.owing KIND NUMBER NAME`: commit so many changes, each of which owes one effect, and end."""

from __future__ import annotations

import sys

import django

django.setup()

from django.db import connection, transaction  # noqa: E402  after the settings are read

from owed.waker import waker  # noqa: E402
from tests.chaos import samples  # noqa: E402
from tests.chaos.tables import INTEND  # noqa: E402

TOGETHER = 20


def main(kind: str, number: str, name: str) -> None:
    for start in range(0, int(number), TOGETHER):
        with transaction.atomic(), connection.cursor() as cursor:
            for count in range(start, min(start + TOGETHER, int(number))):
                n = f"{name}i{count}"
                cursor.execute(INTEND, [n, "call" if kind == "call" else "apply", None])
                transaction.on_commit(samples.owe(kind, n, None).enqueue, robust=True)
    waker.wait_idle(10)


if __name__ == "__main__":
    main(*sys.argv[1:])
