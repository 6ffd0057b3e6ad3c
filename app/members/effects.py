"""What members owe: the mails about an address and a password."""

from __future__ import annotations

from app.mail.priority import AWAITED
from owed import effect


@effect("email.address", priority=AWAITED)
def address(*, user_id: int) -> None:
    """Owe a new user the question whether the address is theirs."""


@effect("email.reset", priority=AWAITED)
def reset(*, user_id: int) -> None:
    """Owe a user who forgot the password a link to set another."""


@effect("email.password")
def password(*, user_id: int, at: str) -> None:
    """Owe a user the notice that the password was changed. `at` is in ISO 8601."""
