"""Store planned entries: a chunk in a transaction, each post whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from functools import partial
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files import File
from django.db import DatabaseError, transaction

from app.accounts.models import User
from app.blog.changes import change
from app.blog.errors import MediaRefused, Refused
from app.blog.models import Category, Media, Post, Status, Tag
from app.importer import references
from app.importer.entry import Entry, Picture
from app.importer.models import Origin
from app.importer.people import People, Terms
from app.importer.plan import Planned
from app.importer.references import Gone
from owed import gather

CHUNK = 50


class Done(StrEnum):
    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    KEPT = "kept"
    BROKEN = "broken"


@dataclass(kw_only=True)
class Outcome:
    """What became of one entry."""

    planned: Planned
    done: Done
    reason: str = ""
    missing: list[Picture] = field(default_factory=list)
    pictures: int = 0
    published: bool = False


class Writer:
    """Writes chunks. Run it again with the same entries and it changes nothing."""

    def __init__(
        self, *, publish: bool, now: datetime, author: User | None = None, refresh: bool = True, overwrite: bool = False
    ) -> None:
        self.publish, self.now, self.refresh, self.overwrite = publish, now, refresh, overwrite
        self.people, self.tags, self.categories = People(author), Terms(Tag), Terms(Category)

    def write(self, planned: Sequence[Planned], *, chunk: int = CHUNK) -> Iterator[list[Outcome]]:
        """Yield the outcomes of each chunk once it is committed."""
        for start in range(0, len(planned), chunk):
            yield self._chunk(planned[start : start + chunk])

    def _chunk(self, planned: Sequence[Planned]) -> list[Outcome]:
        try:
            with change(), gather():
                posts = _posts(planned)
                self._prepare(each for each in planned if not _unchanged(posts.get(each.entry.source), each))
                return [self._one(each, posts.get(each.entry.source)) for each in planned]
        except BaseException:
            for known in (self.people, self.tags, self.categories):
                known.forget()
            raise

    def _prepare(self, planned: Iterator[Planned]) -> None:
        entries = [each.entry for each in planned]
        self.people.prepare(author for entry in entries for author in (entry.authors or (None,)))
        self.tags.prepare(tag for entry in entries for tag in entry.tags)
        self.categories.prepare(entry.category for entry in entries if entry.category)

    def _one(self, planned: Planned, post: Post | None) -> Outcome:
        outcome = Outcome(planned=planned, done=Done.UNCHANGED)
        try:
            with transaction.atomic():
                self._store(outcome, post)
        except (Refused, ValidationError, DatabaseError, OSError) as error:
            return Outcome(planned=planned, done=Done.BROKEN, reason=_reason(error))
        return outcome

    def _store(self, outcome: Outcome, post: Post | None) -> None:
        planned = outcome.planned
        if post is not None and not self.refresh:
            return None
        if post is not None and _unchanged(post, planned):
            return self._make_public(outcome, post)
        origin = Origin.objects.of(post)
        if origin is not None and origin.is_edited() and not self.overwrite:
            outcome.done = Done.KEPT
            return None
        values = self._values(outcome)
        if post is None:
            outcome.done, post = Done.CREATED, self._create(planned, values)
        else:
            outcome.done = Done.UPDATED
            post.revise(**values)
        self._make_public(outcome, post)
        Origin.objects.remember(post, digest=planned.digest, now=self.now)
        return None

    def _values(self, outcome: Outcome) -> dict[str, Any]:
        entry = outcome.planned.entry
        author = self.people[next(iter(entry.authors), None)]
        stored = self._pictures(outcome, author)
        resolve = partial(_address, {url: media.url for url, media in stored.items()}, _own(entry))
        content = references.rewritten(outcome.planned.content, image=resolve, link=resolve)
        return {
            "title": entry.title,
            "content": content + _byline(entry),
            "excerpt": entry.excerpt,
            "author": author,
            "category": self.categories[entry.category] if entry.category else None,
            "tags": list(dict.fromkeys(self.tags[tag] for tag in entry.tags)),
            "cover": stored.get(entry.cover),
        }

    def _pictures(self, outcome: Outcome, owner: User) -> dict[str, Media]:
        stored: dict[str, Media] = {}
        for picture in outcome.planned.entry.images:
            try:
                stored[picture.url] = _stored(picture, owner)
            except (MediaRefused, FileNotFoundError) as error:
                outcome.missing.append(replace(picture, problem=picture.problem or _reason(error)))
        outcome.pictures = len({media.pk for media in stored.values()})
        return stored

    def _create(self, planned: Planned, values: dict[str, Any]) -> Post:
        tags, written_at = values.pop("tags"), min(planned.entry.published_at or self.now, self.now)
        post = Post(slug=planned.slug, source=planned.entry.source, created_at=written_at, updated_at=written_at, **values)
        post.save(force_insert=True)
        post.tags.set(tags)
        return post

    def _make_public(self, outcome: Outcome, post: Post) -> None:
        """Publish a draft as what it was at the source. One without a date stays a draft: nobody is mailed for it."""
        entry = outcome.planned.entry
        if not self.publish or entry.published_at is None or entry.draft or post.status != Status.DRAFT:
            return
        outcome.published = entry.published_at <= self.now
        if outcome.published:
            post.publish(at=entry.published_at)
        else:
            post.schedule(publish_at=entry.published_at)
        if outcome.done == Done.UNCHANGED:
            outcome.done = Done.UPDATED


def _posts(planned: Sequence[Planned]) -> dict[str | None, Post]:
    found = Post.objects.filter(source__in=[each.entry.source for each in planned]).select_related("origin")
    return {post.source: post for post in found}


def _unchanged(post: Post | None, planned: Planned) -> bool:
    origin = Origin.objects.of(post)
    return origin is not None and origin.digest == planned.digest


def _own(entry: Entry) -> set[str]:
    return {picture.url for picture in entry.images}


def _address(stored: dict[str, str], own: set[str], url: str) -> str | Gone | None:
    """Return a stored picture's address; one of the old site's own that could not be kept is gone."""
    return stored.get(url) or (Gone() if url in own else None)


def _stored(picture: Picture, owner: User) -> Media:
    if picture.path is None:
        raise FileNotFoundError
    with picture.path.open("rb") as file:
        return Media.objects.store(File(file, name=picture.path.name), owner, picture.alt)


def _byline(entry: Entry) -> str:
    """Name all writers at the end of the text where there are several: a post has one author."""
    names = [references.escaped(author.name) for author in entry.authors]
    return f"\n*Written by {', '.join(names[:-1])} and {names[-1]}.*\n" if len(names) > 1 else ""


def _reason(error: Exception) -> str:
    """Return why, in one line without values: a database's message may quote a whole post."""
    if isinstance(error, ValidationError):
        return " ".join(error.messages)
    if isinstance(error, DatabaseError):
        return f"the database refused it ({type(error).__name__})"
    return (error.strerror if isinstance(error, OSError) else str(error)) or type(error).__name__
