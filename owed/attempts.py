"""Why attempts failed: time, worker, error and traceback of each, kept with the effect for as long as it is."""

from __future__ import annotations

import os
import socket
from traceback import format_exception
from typing import TYPE_CHECKING

from . import sql
from .scrubbing import scrub, scrub_lines

if TYPE_CHECKING:
    from .claiming import Claimed

KEPT = 10
"""Rows of one effect: how it failed first, and how it failed lately."""
TRACEBACK_SIZE = 8_000
"""Characters: the innermost frames, which are the last, are kept."""

INSERT = """
INSERT INTO effects_attempt (effect_id, number, ended_at, seconds, worker, outcome, error, traceback)
VALUES (%s, %s, clock_timestamp(), %s, %s, %s, %s, %s)
"""
TRIM = """
DELETE FROM effects_attempt WHERE effect_id = %(effect)s
AND id <> (SELECT min(id) FROM effects_attempt WHERE effect_id = %(effect)s)
AND id NOT IN (SELECT id FROM effects_attempt WHERE effect_id = %(effect)s ORDER BY id DESC LIMIT %(last)s)
"""


def keep(claimed: Claimed, outcome: str, why: str, traceback: str, seconds: float) -> None:
    """Write how an attempt failed. Call it in the transaction that settles the effect."""
    sql.run(INSERT, [claimed.id, claimed.attempt, seconds, worker(), outcome, scrub(why), traceback])
    if claimed.attempt > KEPT:
        sql.run(TRIM, {"effect": claimed.id, "last": KEPT - 1})


def traceback_of(error: BaseException) -> str:
    """Return the traceback without addresses and secrets, and without the middle of one that is very long."""
    return scrub_lines("".join(format_exception(error)))[-TRACEBACK_SIZE:]


def worker() -> str:
    """Return host and process id, as an operator finds the process by them."""
    return f"{socket.gethostname()}:{os.getpid()}"[:200]
