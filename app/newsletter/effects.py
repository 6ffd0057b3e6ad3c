"""What the newsletter owes: a post to its readers, and a question to each new address."""

from __future__ import annotations

from datetime import timedelta

from app.mail.priority import AWAITED, PREPARING
from owed import effect, tries_over

FIVE_MINUTES = 300
TEN_MINUTES = 600

TWO_DAYS_OF_TRIES = tries_over(timedelta(days=2))


@effect("email.announce", priority=PREPARING)
def announce(*, post_id: int) -> None:
    """Open the send of a post that has just become public."""


@effect("email.page", priority=PREPARING)
def page(*, send_id: int, after: int) -> None:
    """Write the deliveries of the next 500 readers, and owe their mails and the next page."""


@effect("email.deliver", kind="external", timeout=60, max_attempts=TWO_DAYS_OF_TRIES)
def deliver(*, delivery_ids: list[int]) -> None:
    """Send these copies, each at most once."""


@effect("email.digests", kind="external", timeout=60, max_attempts=TWO_DAYS_OF_TRIES)
def digests(*, digest_ids: list[int]) -> None:
    """Send these digests, each at most once."""


@effect("email.stopped")
def stopped(*, post_id: int, send_id: int, at: int) -> None:
    """Notify the author and the owners of the site that many refusals paused a mailing, at this millisecond since 1970."""


@effect("email.confirm", kind="external", timeout=60, priority=AWAITED)
def confirm(*, confirmation_id: int) -> None:
    """Ask an address whether its subscription was meant."""


@effect("email.greet", kind="external", timeout=60, max_attempts=TWO_DAYS_OF_TRIES, priority=AWAITED)
def greet(*, greeting_id: int) -> None:
    """Welcome a reader who has just confirmed."""


@effect("email.sample", kind="external", timeout=60, max_attempts=8, priority=AWAITED)
def sample(*, sample_id: int) -> None:
    """Send the mail of a post to the one who writes it, as a test."""


@effect("upkeep.check_list", kind="external", timeout=TEN_MINUTES, max_attempts=5, key="list_id")
def check_list(*, list_id: int) -> None:
    """Read an uploaded mailing list and count what an import of it would do. Nothing else is stored."""


@effect("upkeep.import_list", kind="external", timeout=FIVE_MINUTES, max_attempts=8, key="list_id")
def import_list(*, list_id: int) -> None:
    """Add the next readers of an uploaded mailing list, and owe the rest."""


@effect("upkeep.read_bounces", kind="external", timeout=120, max_attempts=3, at_most=1)
def read_bounces() -> None:
    """Take the bounces and complaints that came to the mailbox of BOUNCE_MAILBOX."""


@effect("upkeep.check_mail", kind="external", timeout=90, max_attempts=3)
def check_mail() -> None:
    """Check how this publication sends mail: DNS records, the mail server, the headers. Sends nothing."""
