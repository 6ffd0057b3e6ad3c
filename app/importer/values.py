"""What the posts of a chunk become here: authors, terms, pictures, and a text whose addresses lead to this site."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from django.core.files import File
from django.utils import timezone

from app.accounts.models import User
from app.blog.errors import MediaRefused, NotStored
from app.blog.guids import new_guid
from app.blog.models import Category, Media, Post, Tag
from app.blog.truncation import cut
from app.importer.authors import Authors
from app.importer.image_files import local_path
from app.importer.links import PlannedPost, Target
from app.importer.markdown_urls import Gone, escaped, rewritten
from app.importer.outcome import Made, Outcome, reason_of
from app.importer.source import SourceImage, SourcePost
from app.importer.spool import Summary
from app.importer.taxonomy import Terms
from app.site import limits


class Values:
    """Finds or makes what posts refer to."""

    def __init__(self, author: User | None, now: datetime) -> None:
        self.now = now
        self._began = now
        self._sources: set[str] = set()
        self._guids: set[str] = set()
        self.authors, self.tags, self.categories = Authors(author), Terms(Tag), Terms(Category)

    def begin(self, planned: Sequence[PlannedPost]) -> None:
        """Look up once, for the posts of a chunk, which sources and ids other posts have already."""
        self._began = timezone.now()
        self._sources = _taken("source", [each.summary.key for each in planned])
        self._guids = _taken("guid", [guid for each in planned if (guid := _feed_id(each.post))])

    def prepare(self, posts: Iterable[SourcePost]) -> None:
        """Make sure that authors, tags and categories are there."""
        found = list(posts)
        self.authors.prepare(author for post in found for author in (post.authors or (None,)))
        slugs = {name: slug for post in found for name, slug in post.term_slugs.items()}
        self.tags.prepare((tag for post in found for tag in post.tags), slugs)
        self.categories.prepare((post.category for post in found if post.category), slugs)

    def made(self) -> Made:
        return Made(users=list(self.authors.made), tags=list(self.tags.made), categories=list(self.categories.made))

    def keep(self) -> None:
        """Forget what was made: it is committed."""
        for known in (self.authors, self.tags, self.categories):
            known.made.clear()

    def forget(self) -> None:
        """Look again next time: the transaction was rolled back."""
        for known in (self.authors, self.tags, self.categories):
            known.forget()

    def new_post(self, outcome: Outcome) -> tuple[Post, list[Tag]]:
        """Return a post that is not saved yet, and its tags."""
        planned, values = outcome.planned, self.of(outcome)
        tags, written_at = values.pop("tags"), min(planned.post.published_at or self.now, self.now)
        values |= {"slug": planned.slug, "source": self._source(planned.summary), "guid": self._guid(planned.post)}
        values["on_site"] = planned.post.on_site
        return Post(created_at=written_at, updated_at=written_at, **values), tags

    def of(self, outcome: Outcome) -> dict[str, Any]:
        """Return what a post is to say."""
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

    def _source(self, summary: Summary) -> str:
        """Return a source that no other post has: the key, and where that is taken, what tells the posts apart."""
        apart = summary.identities[0][:12] if summary.identities else str(summary.number)
        source = f"{summary.key[:285]}#{apart}" if summary.key in self._sources else summary.key
        self._sources.add(source)
        return source

    def _guid(self, post: SourcePost) -> str:
        """Return the id of the post in the old site's feed, so that feed readers do not show it again, or a new one."""
        known = _feed_id(post)
        if not known or known in self._guids:
            return new_guid()
        self._guids.add(known)
        return known


def _taken(field: str, wanted: Sequence[str]) -> set[str]:
    return set(Post.objects.filter(**{f"{field}__in": wanted}).values_list(field, flat=True)) if wanted else set()


def _feed_id(post: SourcePost) -> str:
    return post.guid[:500]


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
