"""A worker's connection to the database, which lives for weeks: checked where it may have broken, used again where it did."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

from django.db import InterfaceError, OperationalError, connection

T = TypeVar("T")
FRESH = 5.0
"""Seconds after its use in which a connection is not asked whether it lives: that is a round trip for each effect."""


class _Use(threading.local):
    at = float("-inf")


_last = _Use()


def heal_connection(*, doubtful: bool = False) -> None:
    """Drop a connection that broke since its last use; the next statement opens a new one.

    It is asked after an error, when it was not used for five seconds, and where the caller has doubts.
    """
    if connection.in_atomic_block:
        return
    connection.close_if_unusable_or_obsolete()
    if not doubtful and time.monotonic() - _last.at < FRESH:
        connection.health_check_done = True  # type: ignore[attr-defined]
    in_use()


def in_use() -> None:
    """Note that this thread's connection worked just now."""
    _last.at = time.monotonic()


def again_if_broken(act: Callable[[], T], again: Callable[[], T] | None = None) -> T:
    """Do it; once more, or `again`, on a new connection where this one broke: the database may have done it already.

    In a transaction the error rises: what went before is lost with the connection.
    """
    try:
        return act()
    except (OperationalError, InterfaceError):
        if connection.in_atomic_block:
            raise
        connection.close()
        return (again or act)()
