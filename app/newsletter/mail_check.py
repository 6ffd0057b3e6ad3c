"""The mail check of a publication: the sender and its server, and how a newsletter is left."""

from __future__ import annotations

import re
from email import message_from_bytes

from django.conf import settings
from django.urls import reverse

from app.mail import doctor
from app.mail.lookup import Dns
from app.mail.message import Letter, encode, new_message_id
from app.mail.rendering import link
from app.mail.verdicts import Level, Subject, Verdict
from app.newsletter.letters import list_headers
from app.newsletter.models import MailCheck
from owed import clock

WANTED = ("List-Unsubscribe", "List-Unsubscribe-Post")


def examine() -> list[Verdict]:
    """Return what was found, by subject. Takes up to a minute where nothing answers."""
    # Of a demo, whose emails leave nothing, DNS has nothing to say.
    of_dns = [] if settings.MAILBOX_DIR else doctor.examine_dns(Dns())
    found = [*doctor.examine_server(), *of_dns, unsubscribing()]
    order = list(Subject)
    return sorted(found, key=lambda verdict: order.index(verdict.subject))


def check() -> None:
    """Examine, and store what was found."""
    MailCheck.store(examine())


def unsubscribing() -> Verdict:
    """Judge a newsletter as it would leave now, to a reader who does not exist."""
    letter = Letter(
        sender=settings.DEFAULT_FROM_EMAIL, recipient=f"nobody@{doctor.sender_domain()}", subject="Check", text="Check",
        html="<p>Check</p>", message_id=new_message_id(), headers=list_headers(link(reverse("subscription", args=["check"]))),
    )  # fmt: skip
    message = message_from_bytes(encode(letter, at=clock.now()).data)
    signed = " ".join(re.findall(r"\bh=([^;]*)", " ".join(message.get_all("DKIM-Signature", []))))
    if not all(message[name] for name in WANTED):
        level, code = Level.BAD, "unsubscribe_missing"
    elif "<https://" not in str(message["List-Unsubscribe"]):
        level, code = Level.BAD, "unsubscribe_http"
    elif not {name.lower() for name in WANTED} <= {name.strip().lower() for name in signed.split(":")}:
        level, code = Level.WARNING, "unsubscribe_unsigned"
    else:
        level, code = Level.GOOD, "unsubscribe_good"
    return Verdict(subject=Subject.UNSUBSCRIBE, level=level, code=code)
