"""What the sample tasks of every engine do: one write, one index, one call, one death."""

from __future__ import annotations

import http.client
import os
import signal

from django.db import connection, transaction

from tests.chaos.tables import APPLY, INDEX

TIMEOUT = 1.5


@transaction.atomic
def apply(n: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(APPLY, [n])


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
