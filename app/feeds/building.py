"""Build feeds ahead of the request, and keep those whose bytes changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from django.db import transaction

from app.blog.models import Post
from app.blog.placement import placement_of
from app.feeds.entries import SINCE, Entry, entries_of, tag_uri
from app.feeds.jsonfeed import json_feed
from app.feeds.models import Document, Format
from app.feeds.subjects import SITE, Subject, subject_of
from app.feeds.xml import atom, rss
from owed import clock
from owed.sql import hold

LENGTH = 50
NEVER = datetime(2026, 1, 1, tzinfo=UTC)
WRITERS: dict[str, Callable[[Subject, list[Entry], datetime], bytes]] = {
    Format.RSS: rss,
    Format.ATOM: atom,
    Format.JSON: json_feed,
}


@dataclass(frozen=True, kw_only=True)
class Built:
    """A feed as it would be sent."""

    body: bytes
    etag: str
    last_modified: datetime


def refresh(scopes: Iterable[str], now: datetime) -> int:
    """Bring the feeds of these scopes up to date; return how many documents changed.

    Safe to do twice and in any order: it reads what is public now, and one builder at a time works on a scope.
    """
    with transaction.atomic():
        return sum(_refresh(scope, now) for scope in sorted(set(scopes)))


def build(subject: Subject, form: str) -> Built:
    """Build one feed of the subject, and store nothing."""
    return _built(_with_guid(subject), form, _entries(subject))


def update_rss_feed(post: Post | None = None, *, scopes: Iterable[str] = (), **kwargs: Any) -> int:
    """Refresh these feeds and those that show the post; the site's where neither is named.

    Return how many documents changed. Also a signal handler.
    """
    placement = placement_of(post.pk) if post else None
    return refresh({*scopes, *(placement.lists() if placement else ())} or {SITE}, clock.now())


def _refresh(scope: str, now: datetime) -> int:
    # The last builder to read must be the last to write: without the lock an older feed could replace a newer one.
    hold(f"feed:{scope}")
    stored = dict(Document.objects.filter(scope=scope).values_list("format", "etag"))
    subject = subject_of(scope)
    if subject is None:
        return Document.objects.filter(scope=scope).delete()[0]
    subject = _with_guid(subject)
    entries = _entries(subject)
    built = {form: _built(subject, form, entries) for form in WRITERS}
    # Unchanged bytes keep their etag and date, so that readers get a 304.
    changed = {form: each for form, each in built.items() if stored.get(form) != each.etag}
    _store(subject, changed, now)
    return len(changed)


def _with_guid(subject: Subject) -> Subject:
    """Give the feed the id that it had at first, however its address has changed since."""
    stored = Document.objects.filter(scope=subject.scope).exclude(guid="").values_list("guid", flat=True).first()
    return replace(subject, guid=stored or _new_guid(subject))


def _new_guid(subject: Subject) -> str:
    """Return an id for a feed that is built for the first time.

    Of the number alone the id would come again after a restore, for another author, category or tag.
    """
    return tag_uri(SINCE, SITE) if subject.kind == SITE else uuid5(NAMESPACE_URL, f"{subject.scope} {subject.origin}").urn


def _store(subject: Subject, changed: dict[str, Built], now: datetime) -> None:
    documents = [
        Document(
            scope=subject.scope, format=form, body=each.body, guid=subject.guid, etag=each.etag, last_modified=now, built_at=now
        )
        for form, each in changed.items()
    ]
    Document.objects.bulk_create(
        documents,
        update_conflicts=True,
        unique_fields=["scope", "format"],
        update_fields=["body", "etag", "last_modified", "built_at"],
    )


def _entries(subject: Subject) -> list[Entry]:
    return entries_of(subject.posts()[:LENGTH])


def _built(subject: Subject, form: str, entries: list[Entry]) -> Built:
    newest = max((each.updated for each in entries), default=NEVER)
    body = WRITERS[form](subject, entries, newest)
    return Built(body=body, etag=sha256(body).hexdigest()[:32], last_modified=newest)
