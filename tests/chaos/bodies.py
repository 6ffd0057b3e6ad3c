"""What the sample tasks of every engine do: one write, one index, one call, one death."""

from __future__ import annotations

import http.client
import os
import signal
import time

from django.db import connection, transaction

from tests.chaos.tables import APPLY, INDEX

TIMEOUT = 1.5
WORK = float(os.environ.get("CHAOS_WORK", "0"))
"""Seconds within the transaction: work that takes no time is never found half done by a kill."""


@transaction.atomic
def apply(n: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(APPLY, [n])
    time.sleep(WORK)


@transaction.atomic
def index(ids: list[int]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(INDEX, [ids])


def call(n: str, key: str) -> None:
    """Tell the oracle, which the environment names."""
    outside = http.client.HTTPConnection("127.0.0.1", int(os.environ["CHAOS_HTTP"]), timeout=TIMEOUT)
    try:
        outside.request("POST", f"/{n}", headers={"Idempotency-Key": key})
        outside.getresponse().read()
    finally:
        outside.close()


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
