"""What the readers of export files share: sizes, keys, texts, images."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

from app.blog.plain_text import plain_text
from app.importer.html_blocks import html_blocks, unknown_elements
from app.importer.image_files import ImageFiles
from app.importer.markdown_code import mask_code
from app.importer.markdown_urls import images_in
from app.importer.media_embeds import with_media, with_players
from app.importer.readers.static_fields import IMAGE_NAME
from app.importer.source import MAX_BYTES, CannotRead, Loss, LossKind, SourceImage, SourcePost
from app.importer.text import MASKS, fitting_title, one_line, title_from, without_controls

Lose = Callable[[LossKind, str], None]


def check_size(path: Path, limit: int) -> None:
    """Raise CannotRead where a file is larger than the limit, in bytes."""
    size = path.stat().st_size
    if size > limit:
        raise CannotRead(f"{size:,} bytes; an export may have at most {limit:,}")


def html_of(text: str, lose: Lose) -> str:
    """Return a post's HTML as it can be stored. Raises CannotRead for one that is too long."""
    if len(text) > MAX_BYTES:
        raise CannotRead(f"{len(text):,} characters; a post may have at most {MAX_BYTES:,}")
    clean, removed = without_controls(MASKS.sub("", text))
    if removed:
        lose(LossKind.TEXT, f"{removed} control characters taken out")
    return clean


def content_of(markup: str, lose: Lose) -> str:
    """Return HTML as Markdown that shows it, with players for videos and links for other media; the rest is named."""
    shown = with_media(with_players(markup), lambda what: lose(LossKind.EMBED, what), markdown=False)
    for name in unknown_elements(mask_code(shown, markdown=False)[0]):
        lose(LossKind.HTML, f"<{name}>")
    return html_blocks(shown)


def title_of(markup: str, content: str, date: str) -> str:
    """Return the title as text: the export's, or the first words of the content where it has none."""
    return fitting_title(plain_text(markup)) or title_from(plain_text(content), date=date)


def key_of(system: str, identifier: str) -> str:
    """Return the stable key of a post in the other system, never longer than its column."""
    key = f"{system}:{identifier}"
    if not identifier or not key.isprintable() or len(key) > 280:
        return f"{system}:{hashlib.sha256(identifier.encode()).hexdigest()}"
    return key


def images_of(post: SourcePost, files: ImageFiles, cover_alt: str = "") -> tuple[SourceImage, ...]:
    """Return the post's images that are on its old site, each once."""
    cover = [(post.cover, cover_alt)] if post.cover else []
    shown = list(images_in(post.content))
    urls: dict[str, str] = {}
    for url, alt in cover + shown if cover_alt else shown + cover:
        urls.setdefault(url, alt)
    found = (files.image(url, alt=one_line(alt)[:500]) for url, alt in urls.items() if url)
    return tuple(image for image in found if image)


def remote_images(post: SourcePost) -> Iterator[Loss]:
    """Yield the images that readers may not see: a cover on another host, and pictures at http://…"""
    own = {image.url for image in post.images}
    if post.cover and post.cover not in own:
        yield Loss(kind=LossKind.REMOTE_IMAGE, what=f"cover {post.cover[:100]}")
    for url in dict.fromkeys(url for url, _ in images_in(post.content)):
        if url.startswith("http://") and url not in own and IMAGE_NAME.search(url):
            yield Loss(kind=LossKind.INSECURE_IMAGE, what=url[:120])
