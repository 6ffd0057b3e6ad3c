"""Store planned posts: a chunk in a transaction, each post whole or not at all."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files import File
from django.db import DatabaseError, transaction
from django.utils import timezone

from app.accounts.models import User
from app.blog.changes import change
from app.blog.errors import MediaRefused, NotStored, Refused
from app.blog.guids import new_guid
from app.blog.models import Category, Media, Post, Status, Tag
from app.blog.truncation import cut
from app.importer.authors import Authors
from app.importer.image_files import local_path
from app.importer.links import Links, PlannedPost, Target
from app.importer.markdown_urls import Gone, escaped, rewritten
from app.importer.matching import Matches
from app.importer.models import Done, Origin
from app.importer.save_comments import save_comments
from app.importer.save_redirects import save_redirects
from app.importer.source import SourceImage, SourcePost
from app.importer.spool import Summary
from app.importer.taxonomy import Terms
from app.site import limits
from owed import gather

CHUNK = 50
log = logging.getLogger(__name__)


@dataclass(kw_only=True)
class Outcome:
    """What became of one post. `missing` are images that could not be stored, `taken` old addresses that another post has.

    `new_media` and `new_comments` are ids of what was stored with it, `addresses` how many old ones lead to it. `found_id` is
    the post that was here before, `post_id` the one that was written.
    """

    planned: PlannedPost
    done: Done
    reason: str = ""
    missing: list[SourceImage] = field(default_factory=list)
    taken: list[str] = field(default_factory=list)
    images: int = 0
    comments: int = 0
    addresses: int = 0
    new_media: list[int] = field(default_factory=list)
    new_comments: list[int] = field(default_factory=list)
    found_id: int | None = None
    post_id: int | None = None
    published: bool = False
    scheduled: bool = False


@dataclass(frozen=True, kw_only=True)
class Made:
    """Ids of what a chunk had to make for its posts."""

    users: list[int]
    tags: list[int]
    categories: list[int]


Keep = Callable[[Sequence[Outcome], Made], None]
"""Called in the transaction of each chunk, when it is written."""


class Writer:
    """Writes chunks. Run it again with the same posts and it changes nothing."""

    def __init__(
        self,
        links: Links,
        matches: Matches,
        *,
        publish: bool,
        now: datetime,
        author: User | None = None,
        refresh: bool = True,
        overwrite: bool = False,
        keep: Keep | None = None,
    ) -> None:
        self.links, self.matches, self._keep = links, matches, keep
        self.publish, self.now, self.refresh, self.overwrite = publish, now, refresh, overwrite
        self._sources: set[str] = set()
        self._began = now
        self.authors, self.tags, self.categories = Authors(author), Terms(Tag), Terms(Category)

    def write(self, chunks: Iterable[Sequence[tuple[Summary, SourcePost]]]) -> Iterator[list[Outcome]]:
        """Yield the outcomes of each chunk once it is committed."""
        for chunk in chunks:
            yield self._chunk([self.links.planned(summary, post) for summary, post in chunk])

    def _chunk(self, planned: Sequence[PlannedPost]) -> list[Outcome]:
        try:
            with change(), gather():
                self._began = timezone.now()
                posts = posts_here(self.matches, planned)
                self._prepare(each.post for each in planned if not is_unchanged(posts.get(each.summary.number), each))
                self._sources = _known_sources(planned)
                outcomes = [self._one(each, posts.get(each.summary.number)) for each in planned]
                save_redirects(outcomes)
                if self._keep:
                    self._keep(outcomes, self._made())
        except BaseException:
            for known in (self.authors, self.tags, self.categories):
                known.forget()
            raise
        for known in (self.authors, self.tags, self.categories):
            known.made.clear()
        return outcomes

    def _made(self) -> Made:
        return Made(users=list(self.authors.made), tags=list(self.tags.made), categories=list(self.categories.made))

    def _prepare(self, posts: Iterator[SourcePost]) -> None:
        found = list(posts)
        self.authors.prepare(author for post in found for author in (post.authors or (None,)))
        self.tags.prepare(tag for post in found for tag in post.tags)
        self.categories.prepare(post.category for post in found if post.category)

    def _one(self, planned: PlannedPost, post: Post | None) -> Outcome:
        outcome = Outcome(planned=planned, done=Done.UNCHANGED, found_id=post.pk if post else None)
        try:
            with transaction.atomic():
                self._store(outcome, post)
        except (Refused, ValidationError, DatabaseError, OSError) as error:
            return Outcome(planned=planned, done=Done.FAILED, reason=reason_of(error))
        except Exception as error:
            # One post must not end the import of the others, whatever is in it.
            log.exception("a post could not be stored")
            return Outcome(planned=planned, done=Done.FAILED, reason=f"cannot be stored ({type(error).__name__})")
        return outcome

    def _store(self, outcome: Outcome, post: Post | None) -> None:
        planned = outcome.planned
        if post is not None and not self.refresh:
            return
        if post is not None and is_unchanged(post, planned):
            self._make_public(outcome, post)
            return
        origin = Origin.objects.of(post)
        if post is not None and origin is not None and origin.is_edited() and not self.overwrite:
            outcome.done = Done.KEPT
            self._take_comments(outcome, origin, post)
            return
        values = self._values(outcome)
        if post is None:
            outcome.done, post = Done.CREATED, self._create(planned, values)
        else:
            outcome.done = Done.UPDATED
            post.revise(**values)
        self._remember(outcome, post)
        self._make_public(outcome, post)

    def _remember(self, outcome: Outcome, post: Post) -> None:
        planned = outcome.planned
        summary = planned.summary
        origin = Origin.objects.remember(
            post,
            key=summary.key,
            identities=summary.identities,
            fingerprint=summary.fingerprint,
            digest=planned.digest,
            now=self.now,
        )
        outcome.post_id = post.pk
        self._take_comments(outcome, origin, post)

    def _take_comments(self, outcome: Outcome, origin: Origin, post: Post) -> None:
        outcome.new_comments = save_comments(origin, post, outcome.planned.post.comments)
        outcome.comments = len(outcome.new_comments)

    def _values(self, outcome: Outcome) -> dict[str, Any]:
        planned, post = outcome.planned, outcome.planned.post
        author = self.authors[next(iter(post.authors), None)]
        stored = self._images(outcome, author)
        urls = {url: media.url for url, media in stored.items()}
        own = {image.url for image in post.images}
        content = rewritten(
            post.content, image=partial(_target, urls, own, planned.images), link=partial(_target, urls, own, planned.links)
        )
        return {
            "title": post.title,
            "content": content + _byline(post),
            "excerpt": cut(post.excerpt, limits.EXCERPT),
            "author": author,
            "category": self.categories[post.category] if post.category else None,
            "tags": list(dict.fromkeys(self.tags[tag] for tag in post.tags)),
            "cover": stored.get(post.cover),
            # A source that does not say leaves what a writer chose here.
            **({"language": post.language} if post.language else {}),
        }

    def _images(self, outcome: Outcome, owner: User) -> dict[str, Media]:
        stored: dict[str, Media] = {}
        for image in outcome.planned.post.images:
            try:
                stored[image.url] = _stored(image, owner)
            except (MediaRefused, NotStored, OSError) as error:
                outcome.missing.append(replace(image, problem=image.problem or reason_of(error)))
        outcome.images = len({media.pk for media in stored.values()})
        outcome.new_media = sorted({media.pk for media in stored.values() if media.created_at >= self._began})
        return stored

    def _create(self, planned: PlannedPost, values: dict[str, Any]) -> Post:
        tags, written_at = values.pop("tags"), min(planned.post.published_at or self.now, self.now)
        source = self._new_source(planned.summary)
        values |= {"slug": planned.slug, "source": source, "guid": _guid(planned.post)}
        post = Post(created_at=written_at, updated_at=written_at, **values)
        post.save(force_insert=True)
        post.tags.set(tags)
        return post

    def _new_source(self, summary: Summary) -> str:
        """Return a source that no other post has: the key, and where that is taken, what tells the posts apart."""
        apart = summary.identities[0][:12] if summary.identities else str(summary.number)
        source = f"{summary.key[:285]}#{apart}" if summary.key in self._sources else summary.key
        self._sources.add(source)
        return source

    def _make_public(self, outcome: Outcome, post: Post) -> None:
        """Publish a draft as what it was at the source. One without a date stays a draft: no one is mailed about it."""
        source = outcome.planned.post
        if not self.publish or source.published_at is None or source.private or post.status != Status.DRAFT:
            return
        outcome.published = source.published_at <= self.now
        outcome.scheduled = not outcome.published
        if outcome.published:
            post.publish(at=source.published_at)
        else:
            post.schedule(publish_at=source.published_at)
        if outcome.done == Done.UNCHANGED:
            outcome.done = Done.UPDATED


def posts_here(matches: Matches, planned: Sequence[PlannedPost]) -> dict[int, Post]:
    """Return the posts that are here already, by number of the summary."""
    ids = {each.summary.number: pk for each in planned if (pk := matches.post_id(each.summary)) is not None}
    posts = {post.pk: post for post in Post.objects.filter(pk__in=ids.values()).select_related("origin")}
    return {number: posts[pk] for number, pk in ids.items() if pk in posts}


def is_unchanged(post: Post | None, planned: PlannedPost) -> bool:
    origin = Origin.objects.of(post)
    return origin is not None and origin.digest == planned.digest


def _known_sources(planned: Sequence[PlannedPost]) -> set[str]:
    keys = [each.summary.key for each in planned]
    return {source for source in Post.objects.filter(source__in=keys).values_list("source", flat=True) if source}


def _target(stored: dict[str, str], own: set[str], planned: dict[str, Target], url: str) -> Target:
    """Return a stored image's address. One of the old site's own that could not be kept is gone, or where links still lead."""
    if url in stored:
        return stored[url]
    target = planned.get(url)
    if url in own and (target is None or isinstance(target, Gone)) and local_path(url):
        return Gone()
    return Gone() if url in own and target is None else target


def _stored(image: SourceImage, owner: User) -> Media:
    if image.path is None:
        raise FileNotFoundError
    with image.path.open("rb") as file:
        return Media.objects.store(File(file, name=image.path.name), owner, image.alt)


def _byline(post: SourcePost) -> str:
    """Name all writers at the end of the text where there are several: a post has one author."""
    names = [escaped(author.name) for author in post.authors]
    return f"\n*Written by {', '.join(names[:-1])} and {names[-1]}.*\n" if len(names) > 1 else ""


def reason_of(error: Exception) -> str:
    """Return why, in one line without values: a database's message may quote a whole post."""
    if isinstance(error, ValidationError):
        return " ".join(error.messages)
    if isinstance(error, DatabaseError):
        return f"the database refused it ({type(error).__name__})"
    return (error.strerror if isinstance(error, OSError) else str(error)) or type(error).__name__


def _guid(post: SourcePost) -> str:
    """Return the id of the post in the old site's feed, so that feed readers do not show it again, or a new one."""
    known = post.guid[:500]
    return known if known and not Post.objects.filter(guid=known).exists() else new_guid()
