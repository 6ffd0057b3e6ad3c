"""What readers are sent: the post, and the question whether they want it."""

from __future__ import annotations

import re
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _

from app.blog import languages
from app.blog.models import Post
from app.blog.plain_text import beginning, plain_text
from app.blog.truncation import cut, shortened
from app.mail.addresses import mailbox
from app.mail.compiled import Addressee
from app.mail.html_to_text import html_to_text
from app.mail.message import Letter, one_line
from app.mail.rendering import link, render, site_host
from app.mail.sender import sender
from app.mail.styles import styled
from app.newsletter.identity import identity
from app.newsletter.letter_body import body
from app.newsletter.models import Confirmation, Subscriber
from app.site.current import site
from app.site.pages import ARCHIVE, SUBSCRIBE
from app.site.speaking import speaking

LARGEST = 80_000  # Gmail cuts a message off at 102 kB
OPENING = 20_000  # characters of HTML in which the first words of a post are looked for
SPECIAL = r'[<>()"\\]'  # in the name of a list: they would be taken for its id
PREHEADER = 200  # characters; an inbox shows about a hundred


def worded(preview: str) -> dict[str, str]:
    """Return the line beside the subject, where a writer gave one to this mailing."""
    return {"preheader": preview} if preview else {}


def post_letter(context: dict[str, Any], subject: str, reader: Addressee) -> Letter:
    """Return a post as it is mailed to one reader, in the site's language. All but the reader's own facts is the same."""
    page = link(reverse("subscription", args=[reader.token]))
    with speaking():
        text, html = render("newsletter/mail/post", {**context, "unsubscribe_url": page})
    return Letter(
        sender=context["identity"].sender,
        recipient=reader.email,
        name=reader.name,
        subject=subject,
        text=text,
        html=html,
        message_id=reader.message_id,
        headers={**list_headers(page), **context["identity"].headers},
    )


def post_context(post_id: int) -> dict[str, Any]:
    """Return what the templates show of a post; one too long for mail is shortened, with a link to the rest."""
    post = Post.objects.select_related("author__profile").get(pk=post_id)
    markup = body(post)
    direction = languages.direction(post.language)
    shown = mark_safe(styled(markup, direction))  # noqa: S308 - sanitised
    whole = len(shown.encode()) <= LARGEST
    summary = post.excerpt or shortened(plain_text(beginning(post.content_html, OPENING)), words=80)
    return {
        "post": post,
        "direction": direction if post.language else "auto",
        "identity": identity(post.author),
        "post_url": link(post.get_absolute_url()),
        "summary": summary,
        "preheader": cut(" ".join(summary.split()), PREHEADER),
        "body": shown if whole else "",
        "body_text": html_to_text(markup) if whole else summary,
    }


def list_headers(subscription: str) -> dict[str, str]:
    """Return the headers of a mailing list (RFC 2369, RFC 2919) with one-click unsubscription (RFC 8058)."""
    return {
        "List-Id": f"{one_line(re.sub(SPECIAL, ' ', site().name))} <newsletter.{site_host()}>",
        "List-Unsubscribe": f"<{subscription}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "List-Subscribe": f"<{link(SUBSCRIBE.url())}>",
        "List-Archive": f"<{link(ARCHIVE.url())}>",
        "List-Owner": f"<mailto:{mailbox(settings.DEFAULT_FROM_EMAIL)}>",
    }


def confirmation_letter(confirmation: Confirmation) -> Letter:
    """Return the question whether a subscription was meant, in the language of who gets it."""
    with speaking(confirmation.subscriber.language):
        return _confirmation_letter(confirmation)


def _confirmation_letter(confirmation: Confirmation) -> Letter:
    subscriber: Subscriber = confirmation.subscriber
    context = {
        "confirm_url": link(subscriber.get_absolute_url()),
        "consented_at": subscriber.consented_at,
        "vouched": subscriber.consent_text if subscriber.is_invited else "",
    }
    text, html = render("newsletter/mail/confirmation", context)
    return Letter(
        sender=sender(),
        recipient=subscriber.email,
        subject=_("Please confirm: %(site)s by email") % {"site": site().name},
        text=text,
        html=html,
        message_id=confirmation.message_id,
    )
