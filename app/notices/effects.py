"""What notices owe: who is to be notified of an event, and each mail."""

from __future__ import annotations

from datetime import timedelta

from owed import effect, tries_over

TWO_DAYS_OF_TRIES = tries_over(timedelta(days=2))


@effect("email.notice", kind="external", timeout=60, max_attempts=TWO_DAYS_OF_TRIES)
def notice(*, notice_id: int) -> None:
    """Send one notice, or the digest that it leads, at most once."""


@effect("email.comment")
def comment(*, comment_id: int) -> None:
    """Owe notices to the post's author and the thread."""


@effect("email.like")
def like(*, post_id: int, user_id: int) -> None:
    """Owe the author a notice of a like."""


@effect("email.welcome")
def welcome(*, user_id: int) -> None:
    """Owe a greeting to a new user who confirmed the address."""


@effect("email.review")
def review(*, post_id: int) -> None:
    """Owe notices of a draft to the editors who watch."""


@effect("email.begin")
def begin(*, user_id: int) -> None:
    """Owe the first of the mails of the first days."""


@effect("email.onboarding")
def onboarding(*, user_id: int, step: str) -> None:
    """Send one of the mails of the first days when its day has come."""
