"""What the team owes: invitations, letters to editors, and posts that get another author."""

from __future__ import annotations

from app.mail.priority import AWAITED
from owed import effect


@effect("email.invite", kind="external", timeout=60, max_attempts=8, priority=AWAITED)
def invite(*, invitation_id: int) -> None:
    """Send one invitation to the team, at most once."""


@effect("email.submitted")
def submitted(*, post_id: int, round: int) -> None:
    """Owe the editors a notice that a post waits for their review."""


@effect("email.noted")
def noted(*, note_id: int) -> None:
    """Owe a notice of a note on a post to those who work on it."""


@effect("email.assigned")
def assigned(*, post_id: int, user_id: int, by_id: int, at: int) -> None:
    """Owe one a notice that a post is theirs to work on. `at` is in seconds since 1970."""


@effect("upkeep.transfer_posts")
def transfer_posts(*, from_id: int, to_id: int, up_to: int) -> None:
    """Give the next posts of one author to another, and owe the rest. `up_to` is the id of the last one."""


@effect("upkeep.merge_topic")
def merge_topic(*, kind: str, from_id: int, into_id: int) -> None:
    """File the next posts of a category or tag under another, and owe the rest; last it is deleted."""
