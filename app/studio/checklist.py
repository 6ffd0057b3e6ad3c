"""What a writer may want to put right before a post is published. Nothing here prevents it."""

from __future__ import annotations

from html.parser import HTMLParser
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.urls import Resolver404, resolve
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from app.blog.models import Post, Redirect
from app.blog.models.redirect import old_path

NAMED = 3  # links in one line


class _Reader(HTMLParser):
    """Collects the pictures without a description and the links of a post's HTML."""

    def __init__(self) -> None:
        super().__init__()
        self.undescribed, self.empty = 0, 0
        self.links: list[str] = []
        self._is_shown: bool | None = None  # whether the link that is open shows anything; None outside of links

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "img":
            self.undescribed += not (given.get("alt") or "").strip()
            self._show()
        elif tag == "a" and "href" in given:
            self._is_shown = False
            self._follow((given["href"] or "").strip())

    def handle_data(self, data: str) -> None:
        if data.strip():
            self._show()

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            self.empty += self._is_shown is False
            self._is_shown = None

    def _show(self) -> None:
        if self._is_shown is False:
            self._is_shown = True

    def _follow(self, href: str) -> None:
        if href in {"", "#"}:
            self.empty += 1
            self._is_shown = True  # counted already
        elif not href.startswith("#"):
            self.links.append(href)


def warnings(post: Post) -> list[str]:
    """Return what the saved post lacks, in sentences; empty where nothing was found. Two queries at most."""
    reader = _Reader()
    reader.feed(post.content_html)
    found = []
    if not post.content.strip():
        found.append(_("The post has no text."))
    if reader.undescribed:
        found.append(_pictures(reader.undescribed))
    if reader.empty:
        found.append(_links(reader.empty))
    if dead := _dead(reader.links):
        named = ", ".join(dead[:NAMED]) + (" …" if len(dead) > NAMED else "")
        found.append(_("These links lead to no page of this site: %(links)s") % {"links": named})
    return found


def _pictures(number: int) -> str:
    text = ngettext(
        "%(count)s picture has no description for readers who cannot see it.",
        "%(count)s pictures have no description for readers who cannot see them.",
        number,
    )
    return text % {"count": number}


def _links(number: int) -> str:
    text = ngettext("%(count)s link has no address or no text.", "%(count)s links have no address or no text.", number)
    return text % {"count": number}


def _dead(links: list[str]) -> list[str]:
    """Return the links within this site that lead nowhere."""
    ours = {href: path for href in links if (path := _path_here(href))}
    slugs = {href: slug for href, path in ours.items() if (slug := _slug(path)) is not None}
    public = set(Post.objects.public().filter(slug__in=slugs.values()).values_list("slug", flat=True))
    unknown = [href for href, path in ours.items() if not _is_page(path, slugs.get(href), public)]
    moved = set(Redirect.objects.public().filter(path__in=map(old_path, unknown)).values_list("path", flat=True))
    return list(dict.fromkeys(href for href in unknown if old_path(href) not in moved))


def _path_here(href: str) -> str:
    """Return the path of a link within this site, or nothing."""
    href = href.removeprefix(settings.SITE_URL) or "/"
    if not href.startswith("/") or href.startswith("//"):
        return ""
    return unquote(urlsplit(href).path)


def _slug(path: str) -> str | None:
    try:
        match = resolve(path)
    except Resolver404:
        return None
    return str(match.kwargs["slug"]) if match.url_name == "post" else None


def _is_page(path: str, slug: str | None, public: set[str]) -> bool:
    if slug is not None:
        return slug in public
    try:
        resolve(path)
    except Resolver404:
        return path.startswith(f"/{settings.MEDIA_URL.strip('/')}/")
    return True
