"""What accounts owe."""

from __future__ import annotations

from owed import effect


@effect("upkeep.erase_user", timeout=120)
def erase_user(*, user_id: int) -> None:
    """Remove the next part of a closed account, and owe the rest."""
