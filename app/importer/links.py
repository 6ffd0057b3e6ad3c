"""Where the links between posts lead: decided for all of them before the first one is stored."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from app.blog.models import Post, PostSlug
from app.blog.models.redirect import old_path
from app.blog.url_parts import url_parts
from app.importer.image_files import local_path
from app.importer.markdown_urls import Gone
from app.importer.matching import Matches
from app.importer.slugs import free_slug, slug_of
from app.importer.source import SourceImage, SourcePost
from app.importer.spool import Summary

# Written into texts, where no URL configuration reaches later; a test holds them to what reverse() says.
POST, AUTHOR, TAG, CATEGORY, FEED = "/posts/{}/", "/authors/{}/", "/tags/{}/", "/categories/{}/", "/rss.xml"
FEEDS = {"feed.xml", "rss.xml", "atom.xml", "feed", "index.xml", "rss", "feed/atom", "comments/feed"}
PLURALS = {"authors/": "author/", "tag/": "tags/", "category/": "categories/"}
Target = str | Gone | None


@dataclass(frozen=True, kw_only=True)
class PlannedPost:
    """A post with its slug and where its URLs lead. Its images are replaced when they are stored."""

    post: SourcePost
    summary: Summary
    slug: str
    images: dict[str, Target] = field(default_factory=dict)
    links: dict[str, Target] = field(default_factory=dict)

    @property
    def dead_links(self) -> tuple[str, ...]:
        return tuple(url for url, target in self.links.items() if isinstance(target, Gone))

    @property
    def digest(self) -> str:
        """Return what distinguishes this version of the source's post from any other."""
        post = self.post
        names = [[[author.key, author.name] for author in post.authors], post.tags, post.category]
        images = [[image.url, image.alt, _checksum(image)] for image in post.images]
        targets = [[url, repr(target)] for urls in (self.images, self.links) for url, target in urls.items()]
        comments = [[each.key, each.content, each.approved] for each in post.comments]
        date = post.published_at.isoformat() if post.published_at else ""
        facts = [post.title, post.content, post.excerpt, names, date, bool(post.private), post.cover, images, targets, comments]
        return hashlib.sha256(json.dumps([*facts, post.old_urls]).encode()).hexdigest()


def _checksum(image: SourceImage) -> str:
    try:
        return hashlib.sha256(image.path.read_bytes()).hexdigest() if image.path else ""
    except OSError:
        return ""


class Links:
    """Knows each post's slug, and every address of the old site that has one here. `site` is where other links still lead."""

    def __init__(self, summaries: Sequence[Summary], matches: Matches, *, site: str = "") -> None:
        self.site = site.rstrip("/")
        self.slugs = _slugs(summaries, matches)
        self.addresses: dict[str, str] = {}
        for names in ("old_urls", "link_names"):
            for summary in summaries:
                for url in getattr(summary, names):
                    self._add(old_path(url), POST.format(self.slugs[summary.number]))
        for summary in summaries:
            self._add_lists(summary)

    def _add(self, path: str, target: str) -> None:
        if path:
            self.addresses.setdefault(path, target)

    def _add_lists(self, summary: Summary) -> None:
        for author in summary.authors:
            username = slug_of(author.key, kind="author", limit=150)
            self._add(f"author/{username}", AUTHOR.format(username))
        for tag in summary.tags:
            slug = slug_of(tag, kind="tag", limit=100)
            self._add(f"tags/{slug}", TAG.format(slug))
        if summary.category:
            slug = slug_of(summary.category, kind="category", limit=100)
            self._add(f"categories/{slug}", CATEGORY.format(slug))

    def planned(self, summary: Summary, post: SourcePost) -> PlannedPost:
        """Return the post with its URLs resolved; those that lead nowhere any more are Gone."""
        urls, own = post.urls, {image.url for image in post.images if image.path}
        return PlannedPost(
            post=post,
            summary=summary,
            slug=self.slugs[summary.number],
            images={url: self._image(post, url, own) for url, _ in urls.images},
            links={url: self._link(post, url, own) for url in urls.links},
        )

    def _image(self, post: SourcePost, url: str, own: Iterable[str]) -> Target:
        path = local_path(url, post.hosts)
        return None if path is None or url in own else self._at_old_site(url, path)

    def _link(self, post: SourcePost, url: str, own: Iterable[str]) -> Target:
        path = local_path(url, post.hosts)
        if path is None or url in own or not old_path(url):
            return None
        found = self._address(url, path)
        if found:
            fragment = url_parts(url).fragment
            return f"{found}#{fragment}" if fragment else found
        return None if post.keeps_links else self._at_old_site(url, path)

    def _address(self, url: str, path: str) -> str | None:
        """Return the page here for an address there: the whole path, then its last part, then a feed."""
        whole = old_path(url)
        for plural, singular in PLURALS.items():
            whole = singular + whole.removeprefix(plural) if whole.startswith(plural) else whole
        if whole in FEEDS:
            return FEED
        relative = "" if path.startswith("/") else whole.rpartition("/")[2]
        return self.addresses.get(whole) or self.addresses.get(relative)

    def _at_old_site(self, url: str, path: str) -> Target:
        """Keep an address of the old site that is written in full; one without a host leads nowhere unless it is known."""
        if url_parts(url).netloc:
            return None
        return f"{self.site}/{url.lstrip('/')}" if self.site else Gone()


def _slugs(summaries: Sequence[Summary], matches: Matches) -> dict[int, str]:
    """Return the slug for each post: the one it has here, else the wanted one, numbered where that is taken."""
    matched = matches.post_ids()
    posts = dict(Post.objects.values_list("pk", "slug").iterator())
    taken = {*posts.values(), *PostSlug.objects.values_list("slug", flat=True).iterator()}
    slugs: dict[int, str] = {}
    for summary in summaries:
        post_id = matches.post_id(summary)
        if post_id in matched and post_id in posts:
            slugs[summary.number] = posts[post_id]
        else:
            slugs[summary.number] = free_slug(summary.slug, taken)
            taken.add(slugs[summary.number])
    return slugs
