"""What figures owe: views into counts, what is trending, what a reader did."""

from __future__ import annotations

from datetime import date, timedelta

from owed import Signature, clock, effect

EVERY = timedelta(seconds=20)


@effect("stats.fold", batch=100, debounce=1.0)
def fold(*, post_id: int) -> None:
    """Add what was seen to these posts' counts."""


@effect("stats.rank", batch=500, debounce=5.0)
def rank(*, post_id: int) -> None:
    """Rank what is read now. Whatever changed, the ranking is computed as a whole."""


@effect("stats.track")
def track(*, verb: str, post_id: int, user_id: int) -> None:
    """Note what a reader did."""


@effect("stats.count", batch=50, timeout=300)
def count(*, day: str) -> None:
    """Count these days, in ISO 8601, again from what happened on them. Whatever changed, a day is counted as a whole."""


def count_soon(day: date) -> Signature:
    """Return a count of the day, due with all that ask for it within the same seconds: one run for many readers."""
    now = clock.now()
    wait = EVERY - timedelta(seconds=now.timestamp()) % EVERY
    return count.si(day=day.isoformat()).set(eta=now + wait)
