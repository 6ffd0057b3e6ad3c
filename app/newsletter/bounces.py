"""Bounces: a mailbox that its own server says does not exist gets no more mail."""

from __future__ import annotations

from app.mail.submission import SubmissionState
from app.newsletter.models import Delivery, Subscriber

# RFC 3463: X.1.n is trouble with the address itself. A full mailbox (5.2.2) or a policy (5.7.1) may pass.
NO_SUCH_MAILBOX = " 5.1."


def remember_bounce(delivery: Delivery, subscriber: Subscriber) -> None:
    """Stop mailing the subscriber where this delivery was refused for the address. Safe to do twice."""
    if delivery.state == SubmissionState.FAILED and NO_SUCH_MAILBOX in delivery.error:
        subscriber.bounce()
