"""A post's HTML as mail programs can show it: addresses in full, pictures as wide as the letter, links in place of players."""

from __future__ import annotations

import re
from html import unescape

from django.utils.safestring import SafeString, mark_safe

from app.blog import embeds, picture_markup
from app.blog.absolute_urls import with_absolute_addresses
from app.blog.models import Post
from app.blog.plain_text import escaped
from app.mail.rendering import link

WIDTH = 520  # pixels: the sheet has 600, less its margins. Outlook reads the attributes alone, not the style sheet
INSIDE = r"""(?:"[^"]*"|[^">])*"""
FRAME = re.compile(rf"<iframe({INSIDE})>[^<]*</iframe>(\s*<a )?")
PICTURE = re.compile(rf"<img{INSIDE}>")
ATTRIBUTE = r"""\s{}="([^"]*)\""""
SIZES = re.compile(r"""\s(?:width|height)="[^"]*\"""")


def body(post: Post) -> SafeString:
    """Return the post's sanitised HTML for a mail, its pictures as files that every mail program shows. One query for them."""
    base = link(post.get_absolute_url())
    markup = FRAME.sub(_linked, with_absolute_addresses(picture_markup.elsewhere(post.content_html), base))
    return mark_safe(PICTURE.sub(lambda match: _fitted(match[0]), markup))  # noqa: S308 - sanitised


def _linked(frame: re.Match[str]) -> str:
    """Return a link to what a frame shows. A post has one behind each of its frames already."""
    if frame[2]:
        return frame[2].lstrip()
    source = _attribute("src", frame[1])
    player = embeds.player(source)
    address = player.link if player else source
    return f'<a href="{escaped(address)}">{escaped(_attribute("title", frame[1]) or address)}</a>' if address else ""


def _fitted(picture: str) -> str:
    """Return an img at most WIDTH wide, its height in proportion."""
    written = (_attribute("width", picture), _attribute("height", picture))
    width, height = (int(each) if each.isdecimal() else 0 for each in written)
    if width > WIDTH:
        width, height = WIDTH, max(1, round(height * WIDTH / width)) if height else 0
    if not width:
        return picture
    attributes = f' width="{width}"' + (f' height="{height}"' if height else "")
    return SIZES.sub("", picture)[:-1] + attributes + ">"


def _attribute(name: str, tag: str) -> str:
    match = re.search(ATTRIBUTE.format(name), tag)
    return unescape(match[1]) if match else ""
