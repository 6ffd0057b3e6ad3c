"""Decide before anything is written: each entry's slug, and where the links between entries lead."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from urllib.parse import urlsplit

from app.blog.models import Post, PostSlug
from app.importer import references
from app.importer.entry import Entry, Picture
from app.importer.library import local_path
from app.importer.plain import free, slug_of
from app.importer.references import Gone

# Written into texts, where no URL configuration reaches later; a test holds them to what reverse() says.
POST, AUTHOR, TAG, FEED = "/posts/{}/", "/authors/{}/", "/tags/{}/", "/rss.xml"
FEEDS = {"feed.xml", "rss.xml", "atom.xml", "feed", "index.xml"}


@dataclass(frozen=True, kw_only=True)
class Planned:
    """An entry whose links are final. Its pictures are replaced when they are stored."""

    entry: Entry
    slug: str
    content: str
    dead_links: tuple[str, ...]

    @property
    def digest(self) -> str:
        """Return what tells this version of the entry from any other."""
        entry = self.entry
        date = entry.published_at.isoformat() if entry.published_at else ""
        names = [[[author.key, author.name] for author in entry.authors], entry.tags, entry.category]
        pictures = [[picture.url, _checksum(picture)] for picture in entry.images]
        facts = [entry.title, self.content, entry.excerpt, names, date, entry.draft, entry.cover, pictures]
        return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


def _checksum(picture: Picture) -> str:
    return hashlib.sha256(picture.path.read_bytes()).hexdigest() if picture.path else ""


def plan(entries: Sequence[Entry], *, site: str = "") -> list[Planned]:
    """Return the entries with slugs of their own and links between them. `site` is where other links still lead."""
    slugs = _slugs(entries)
    links = Links(entries, slugs, site)
    return [links.planned(entry) for entry in entries]


def _slugs(entries: Sequence[Entry]) -> dict[str, str]:
    """Return the slug for each source: the one its post has, else the wanted one, numbered where that is taken."""
    sources = {entry.source for entry in entries}
    posts = Post.objects.values_list("source", "slug")
    known = {source: slug for source, slug in posts.iterator() if source in sources}
    taken = {slug for _, slug in posts.iterator()} | set(PostSlug.objects.values_list("slug", flat=True).iterator())
    for entry in entries:
        if entry.source not in known:
            known[entry.source] = free(entry.slug, taken)
            taken.add(known[entry.source])
    return known


class Links:
    """Knows every address of the old site that has one here."""

    def __init__(self, entries: Iterable[Entry], slugs: dict[str, str], site: str) -> None:
        self.slugs, self.site = slugs, site.rstrip("/")
        self.addresses: dict[str, str] = {}
        for entry in entries:
            url = POST.format(slugs[entry.source])
            for address in entry.addresses:
                self.addresses.setdefault(address, url)
            for author in entry.authors:
                username = slug_of(author.key, kind="author", limit=150)
                self.addresses.setdefault(f"author/{username}", AUTHOR.format(username))
            for tag in entry.tags:
                slug = slug_of(tag, kind="tag", limit=100)
                self.addresses.setdefault(f"tags/{slug}", TAG.format(slug))

    def planned(self, entry: Entry) -> Planned:
        """Return the entry with its links resolved; those that lead nowhere any more are named."""
        dead: list[str] = []
        content = references.rewritten(entry.content, image=partial(self._image, entry), link=partial(self._link, entry, dead))
        return Planned(entry=entry, slug=self.slugs[entry.source], content=content, dead_links=tuple(dead))

    def _image(self, entry: Entry, url: str) -> str | Gone | None:
        path = local_path(url, entry.hosts)
        if path is None or _has_file(entry, url):
            return None
        return self._at_old_site(url, path)

    def _link(self, entry: Entry, dead: list[str], url: str) -> str | Gone | None:
        path = local_path(url, entry.hosts)
        if path is None or path == "/" or _has_file(entry, url):
            return None
        found = self._address(path)
        if found:
            fragment = urlsplit(url).fragment
            return f"{found}#{fragment}" if fragment else found
        elsewhere = self._at_old_site(url, path)
        if isinstance(elsewhere, Gone):
            dead.append(url)
        return elsewhere

    def _address(self, path: str) -> str | None:
        """Return the page here for a path there: the whole path, then its last part, then a feed."""
        whole = path.strip("/").lower().removesuffix(".html").removesuffix(".md")
        whole = whole.replace("authors/", "author/", 1) if whole.startswith("authors/") else whole
        if whole in FEEDS:
            return FEED
        if whole.startswith("tag/"):
            whole = f"tags/{whole.removeprefix('tag/')}"
        relative = "" if path.startswith("/") else whole.rpartition("/")[2]
        return self.addresses.get(whole) or self.addresses.get(relative)

    def _at_old_site(self, url: str, path: str) -> str | Gone | None:
        if not self.site:
            return None if urlsplit(url).netloc else Gone()
        return None if urlsplit(url).netloc else f"{self.site}/{path.lstrip('/')}"


def _has_file(entry: Entry, url: str) -> bool:
    return any(picture.url == url and picture.path for picture in entry.images)
