"""The welcome to a new reader, as a mail."""

from __future__ import annotations

from django.conf import settings
from django.utils.translation import gettext as _

from app.mail.errors import Unknown, Unreachable
from app.mail.message import Letter, encode
from app.mail.rendering import link, render
from app.mail.submission import SubmissionState, submit
from app.mail.transport import Transport
from app.newsletter.identity import identity
from app.newsletter.letters import list_headers
from app.newsletter.models import Greeting, MailingSettings
from app.outbound import breaker
from app.site.current import site
from app.site.speaking import speaking
from owed import clock


def greet(greeting_id: int) -> None:
    """Welcome one reader, at most once. Raises Rejected, Unreachable to be tried again."""
    greeting = Greeting.objects.select_related("subscriber__user").filter(pk=greeting_id).first()
    if greeting is None:
        return
    if not greeting.subscriber.is_confirmed:
        greeting.drop(SubmissionState.SKIPPED, f"the reader is {greeting.subscriber.state}")
    with breaker.asking(breaker.MAIL, Unreachable, Unknown), Transport.from_url(settings.EMAIL_URL) as transport:
        submit(greeting, lambda: encode(letter(greeting), at=clock.now()), transport)


def letter(greeting: Greeting) -> Letter:
    """Return the mail, in the language of who gets it."""
    with speaking(greeting.subscriber.language):
        return _letter(greeting)


def _letter(greeting: Greeting) -> Letter:
    page, ours, chosen = link(greeting.subscriber.get_absolute_url()), identity(), MailingSettings.now()
    subject = chosen.welcome_subject or _("Welcome to %(site)s") % {"site": site().name}
    context = {"subject": subject, "words": chosen.welcome_text, "unsubscribe_url": page, "identity": ours}
    text, html = render("newsletter/mail/greeting", context)
    return Letter(
        sender=ours.sender,
        recipient=greeting.subscriber.email,
        subject=subject,
        text=text,
        html=html,
        message_id=greeting.message_id,
        headers={**list_headers(page), **ours.headers},
    )
