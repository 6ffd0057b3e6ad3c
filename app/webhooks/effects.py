"""What events owe: a call to each endpoint that chose them. In the queue of the other networks, behind what is shared there."""

from __future__ import annotations

from datetime import timedelta

from owed import effect, tries_over

TWO_DAYS_OF_TRIES = tries_over(timedelta(days=2))
AFTER_POSTS = -10


# A second lets what happens at once, such as a hundred bounces, reach an endpoint in one call.
@effect("social.spread", batch=100, debounce=1.0, priority=AFTER_POSTS)
def spread(*, happening_id: int) -> None:
    """Make the calls of what happened, one for each endpoint that chose it and may know it."""


# One at a time for each endpoint, by the key: calls arrive in the order in which they were owed, retries aside.
@effect(
    "social.call",
    kind="external",
    timeout=30,
    max_attempts=TWO_DAYS_OF_TRIES,
    key="account_id",
    priority=AFTER_POSTS,
)
def call(*, account_id: int, call_id: int) -> None:
    """Call one endpoint about one event. The call's id is the same at every attempt."""


OURS = (*spread.names, *call.names)
"""What is owed for events: an event about these would owe another, without end."""
