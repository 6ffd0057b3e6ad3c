"""A digest as a mail: title, beginning and link of each post. A post that is published by email alone is there as a whole."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils.translation import ngettext

from app.blog import languages
from app.blog.models import Post
from app.blog.plain_text import beginning, plain_text
from app.blog.truncation import cut, shortened
from app.mail.message import Letter
from app.mail.rendering import link, render
from app.newsletter.identity import identity
from app.newsletter.letters import OPENING, PREHEADER, list_headers, post_context
from app.newsletter.models import Digest, Subscriber
from app.site.current import site
from app.site.speaking import speaking

WORDS = 40


class Entries:
    """What digests show of posts. One run of a worker sends the same posts to many readers."""

    def __init__(self) -> None:
        self._known: dict[int, dict[str, Any]] = {}

    def of(self, posts: Iterable[Post]) -> list[dict[str, Any]]:
        return [self._known.get(post.pk) or self._known.setdefault(post.pk, entry(post)) for post in posts]


def entry(post: Post) -> dict[str, Any]:
    """Return what the templates show of one post."""
    direction = languages.direction(post.language)
    facts = {"post": post, "direction": direction if post.language else "auto", "post_url": link(post.get_absolute_url())}
    if not post.is_public:
        # There is no page with the rest of it.
        whole = post_context(post.pk)
        return {**facts, **{name: whole[name] for name in ("summary", "body", "body_text")}}
    summary = post.excerpt or shortened(plain_text(beginning(post.content_html, OPENING)), words=WORDS)
    return {**facts, "summary": summary, "body": "", "body_text": summary}


def digest_letter(digest: Digest, reader: Subscriber, entries: list[dict[str, Any]]) -> Letter:
    """Return the mail, in the language of who gets it."""
    with speaking(reader.language):
        return _digest_letter(digest, reader, entries)


def _digest_letter(digest: Digest, reader: Subscriber, entries: list[dict[str, Any]]) -> Letter:
    ours, number = identity(), len(entries)
    page = link(reader.get_absolute_url())
    text = ngettext("%(site)s: %(number)s new post", "%(site)s: %(number)s new posts", number)
    subject = text % {"site": site().name, "number": number}
    titles = " · ".join(each["post"].title for each in entries)
    context = {
        "subject": subject,
        "entries": entries,
        "preheader": cut(titles, PREHEADER),
        "unsubscribe_url": page,
        "identity": ours,
    }
    text, html = render("newsletter/mail/digest", context)
    return Letter(
        sender=ours.sender,
        recipient=reader.email,
        name=reader.name,
        subject=subject,
        text=text,
        html=html,
        message_id=digest.message_id,
        headers={**list_headers(page), **ours.headers},
    )
