"""A mailbox to which bounces and complaints come, read from time to time where BOUNCE_MAILBOX is set."""

from __future__ import annotations

import logging
import time

from django.conf import settings

from app.mail.imap import MailboxFailed, open_mailbox
from app.mail.reports import LARGEST
from app.newsletter.bounces import LEFT_ASIDE, take_message
from app.newsletter.models import BounceMailbox
from owed import clock

BUDGET = 60.0
"""Seconds after which the next run goes on."""

logger = logging.getLogger(__name__)


def read_bounce_mailbox() -> None:
    """Take what is new. Each message is taken once: by its UID, which is stored after what it reports.

    A run that ends in between reads the message again, which changes nothing. Trouble is shown on the page of the mail check.
    """
    if not settings.BOUNCE_MAILBOX:
        return
    known = BounceMailbox.now()
    try:
        _read_new(known)
    except MailboxFailed as error:
        logger.warning("bounces not read", extra={"trouble": str(error.trouble)})
        known.trouble = error.trouble
    else:
        known.read_at, known.trouble = clock.now(), ""
    known.save()


def _read_new(known: BounceMailbox) -> None:
    until = time.monotonic() + BUDGET
    with open_mailbox(settings.BOUNCE_MAILBOX) as mailbox:
        known.begin(mailbox.validity)
        for uid in mailbox.after(known.last_uid):
            if time.monotonic() > until:
                break
            said = take_message(mailbox.read(uid, LARGEST))
            is_taken = said not in LEFT_ASIDE
            known.note(uid, is_taken=is_taken)
            logger.info("bounce read", extra={"outcome": said, "uid": uid})
            if is_taken:
                mailbox.mark_read(uid)
