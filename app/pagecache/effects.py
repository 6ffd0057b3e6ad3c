"""What cached pages owe."""

from __future__ import annotations

from collections.abc import Sequence

from owed import effect


@effect("cache.purge", kind="external", timeout=10)
def purge(*, post_id: int, also: Sequence[str] = ()) -> None:
    """Delete old pages of all that shows the post, or showed it (`also`, scopes). Safe to do twice."""
