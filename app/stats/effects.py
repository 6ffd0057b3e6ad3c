"""What figures owe: views into counts, what is trending, what a reader did."""

from __future__ import annotations

from owed import effect


@effect("stats.fold", batch=100, debounce=1.0)
def fold(*, post_id: int) -> None:
    """Add what was seen to these posts' counts."""


@effect("stats.rank", batch=500, debounce=5.0)
def rank(*, post_id: int) -> None:
    """Rank what is read now. Whatever changed, the ranking is computed as a whole."""


@effect("stats.track")
def track(*, verb: str, post_id: int, user_id: int) -> None:
    """Note what a reader did."""
