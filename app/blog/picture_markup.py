"""Pictures of the library in HTML: in the size that a screen needs, with width and height, description and caption.

The HTML that is stored names originals. What is drawn of them, and what the library says of them, is put in when it is shown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import unescape
from urllib.parse import unquote

from django.conf import settings

from app.blog.models import Media
from app.blog.plain_text import escaped

COLUMN = 608
"""The width of a text, in pixels of the style sheet (38rem)."""
FOLDER = "images/"
NEAR_THE_TOP = 2000
"""Characters of HTML before a picture that is not seen at first, and can wait until a reader comes near."""
INSIDE = r"""(?:"[^"]*"|[^">])*"""
PICTURE = re.compile(rf"<img {INSIDE}>")
ALONE = re.compile(rf"<p>\s*((?:<a {INSIDE}>)?<img {INSIDE}>(?:</a>)?)\s*</p>")
ATTRIBUTE = re.compile(r"""([\w-]+)="([^"]*)\"""")

Library = Mapping[str, Media]
"""Pictures by the names of their files."""


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A picture as a page shows it: plain values, fit for the cache. 0 where a size is not known."""

    src: str
    srcset: str = ""
    width: int = 0
    height: int = 0
    alt: str = ""
    caption: str = ""
    tone: str = ""


def shown(media: Media) -> Shown:
    """Return how a page shows the picture: the original alone until a worker has drawn its variants."""
    files = [(each.width, each.url) for each in media.for_pages]
    widest = media.for_pages[-1].width if files else 0
    width = media.width or 0
    # An original that is as wide as a page needs, and that no variant made smaller, is one of them.
    if files and widest < width <= 2000:
        files.append((width, media.url))
    middle = next((url for each, url in files if each >= min(1280, files[-1][0])), media.url)
    return Shown(
        src=middle,
        srcset=", ".join(f"{url} {each}w" for each, url in files) if len(files) > 1 else "",
        width=width,
        height=media.height or 0,
        alt=media.alt,
        caption=media.caption,
        tone=media.tone,
    )


def on_page(markup: str, *, first: bool = False) -> str:
    """Return a text's HTML as a page shows it. With `first`, its first picture, if near the top, does not wait to be seen."""
    known = pictures_of(markup)
    if not known:
        return markup
    seen: list[int] = []

    def fitted(match: re.Match[str]) -> str:
        media = known.get(_name(_attributes(match[0]).get("src", "")))
        seen.append(match.start())
        is_eager = first and len(seen) == 1 and match.start() < NEAR_THE_TOP
        return _for_screens(match[0], shown(media), is_eager=is_eager) if media else match[0]

    return _with_captions(PICTURE.sub(fitted, markup), known)


def elsewhere(markup: str, library: Library | None = None) -> str:
    """Return a text's HTML as feeds and emails show it: files that every program shows, none of them large.

    `library` has the pictures of several texts, asked for once.
    """
    known = pictures_of(markup) if library is None else {name: library[name] for name in _names(markup) if name in library}

    def fitted(match: re.Match[str]) -> str:
        media = known.get(_name(_attributes(match[0]).get("src", "")))
        return _plain(match[0], media) if media else match[0]

    return _with_captions(PICTURE.sub(fitted, markup), known) if known else markup


def pictures_of(*markup: str) -> Library:
    """Return the pictures of the library that the HTML of these texts shows. One query at most."""
    names = {name for each in markup for name in _names(each)}
    return {str(each.file.name): each for each in Media.objects.kept().filter(file__in=names)} if names else {}


def _names(markup: str) -> set[str]:
    """Return the names of the files of this site that the HTML shows."""
    if settings.MEDIA_URL + FOLDER not in markup:
        return set()
    return {_name(_attributes(tag).get("src", "")) for tag in PICTURE.findall(markup)} - {""}


def _attributes(tag: str) -> dict[str, str]:
    """Return the attributes of sanitised HTML, which quotes each."""
    return {name: unescape(value) for name, value in ATTRIBUTE.findall(tag)}


def _name(url: str) -> str:
    """Return the name of the file of this site that an address means, empty for all others."""
    path = unquote(url.removeprefix(settings.SITE_URL).partition("?")[0])
    return path.removeprefix(settings.MEDIA_URL) if path.startswith(settings.MEDIA_URL) else ""


def _for_screens(tag: str, picture: Shown, *, is_eager: bool) -> str:
    given = _attributes(tag)
    written = given.get("width", "")
    changed = given | {"src": picture.src, "alt": given.get("alt") or picture.alt}
    if picture.srcset:
        column = min(int(written), COLUMN) if written.isdecimal() else COLUMN
        changed |= {"srcset": picture.srcset, "sizes": f"(min-width: 42rem) {column}px, 91vw"}
    if picture.width and not written and not given.get("height"):
        changed |= {"width": str(picture.width), "height": str(picture.height)}
    if picture.tone and not written.endswith("%"):
        changed["class"] = picture.tone
    if is_eager:
        changed.pop("loading", None)
        changed["fetchpriority"] = "high"
    return _tag(changed)


def _plain(tag: str, media: Media) -> str:
    given, plain = _attributes(tag), media.plain
    changed = given | {"src": plain.url, "alt": given.get("alt") or media.alt}
    if plain.width and not given.get("width") and not given.get("height"):
        changed |= {"width": str(plain.width), "height": str(plain.height)}
    return _tag(changed)


def _tag(attributes: Mapping[str, str]) -> str:
    return "<img " + " ".join(f'{name}="{escaped(value)}"' for name, value in attributes.items()) + ">"


def _with_captions(markup: str, known: Mapping[str, Media]) -> str:
    """Put a picture that is a paragraph of its own into a figure with the caption that the library has for it."""
    captions = {url: each.caption for each in known.values() if each.caption for url in _addresses(each)}

    def framed(match: re.Match[str]) -> str:
        picture = PICTURE.search(match[1])
        caption = captions.get(_attributes(picture[0]).get("src", "")) if picture else None
        return f"<figure>{match[1]}<figcaption>{escaped(caption)}</figcaption></figure>" if caption else match[0]

    return ALONE.sub(framed, markup) if captions else markup


def _addresses(media: Media) -> set[str]:
    return {media.url, media.plain.url, shown(media).src}
