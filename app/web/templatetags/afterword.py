"""What templates may ask for."""

from __future__ import annotations

import json
import re
from typing import Any

from django import template
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from app.blog import languages, picture_markup
from app.blog.plain_text import plain_text

register = template.Library()

WORDS_PER_MINUTE = 240
ESCAPES = {ord(">"): "\\u003E", ord("<"): "\\u003C", ord("&"): "\\u0026", 0x2028: "\\u2028", 0x2029: "\\u2029"}

CELL = re.compile(r"<t[dh] [^<>]*>")
ALIGNED = re.compile(r' (?:style="text-align:\s*|align=")(left|center|right|justify);?"')
EMPTY = re.compile(r' (?:style|align)="[^"]*"')
TAG = re.compile(r"""<[a-z](?:[^>"]|"[^"]*")*>""")
NAMED = re.compile(r' (id|href)="(#?)([^"]*)"')
# Ids of the page around the text, which a heading may be named like.
TAKEN = {"main", "comments", "comments-heading", "comment-form", "liking", "heart"}
PERCENT = re.compile(r' width="(\d+)%"')
PERCENTS = re.compile(r' (?:width|height)="\d+%"')
FOOTNOTES = '<section class="footnotes">'
OPENING = re.compile(r"\s*<p>(.*?)</p>", re.S)
LINES = 120
"""As many characters are more than one line on every screen."""
OTHER_SCRIPTS = re.compile(r"[^\u0000-\u024f\u1e00-\u1eff\u2000-\u20cf]")


@register.filter
def prose(markup: str, place: str = "") -> SafeString:
    """Return a post's sanitised HTML for a page: no style attributes, what scrolls reached by keyboard, each id once.

    Pictures come in the size that a screen needs, by one query if there are any. `prose:"first"`: no picture is above the text.
    """
    markup = picture_markup.on_page(markup, first=place == "first")
    markup = CELL.sub(_aligned, markup).replace("<pre>", '<pre tabindex="0">')
    wide = f'<section class="wide" tabindex="0" aria-label="{_("Table")}"><table>'
    markup = markup.replace("<table>", wide).replace("</table>", "</table></section>")
    markup = markup.replace(FOOTNOTES, f'{FOOTNOTES}<h2 class="unseen">{_("Footnotes")}</h2>')
    return mark_safe(_opened(_named_once(markup)))  # noqa: S308 - sanitised


def _opened(markup: str) -> str:
    """Mark a first paragraph whose first line is set in small capitals: one of several lines, in a script that has them."""
    first = OPENING.match(markup)
    start = plain_text(first[1])[:LINES] if first else ""
    if len(start) < LINES or OTHER_SCRIPTS.search(start):
        return markup
    return markup.replace("<p>", '<p class="opening">', 1)


def _aligned(cell: re.Match[str]) -> str:
    """Return the cell with a class in place of its first alignment."""
    return EMPTY.sub("", ALIGNED.sub(r' class="\1"', cell[0], count=1))


def _named_once(markup: str) -> str:
    """Return the markup with each id once, and none that the page has already: such a heading is linked under another."""
    seen: set[str] = set()

    def renamed(match: re.Match[str]) -> str:
        kind, sharp, name = match.groups()
        name = f"text-{name}" if name in TAKEN and (kind == "id" or sharp) else name
        if kind == "id" and name in seen:
            return ""
        seen.update([name] if kind == "id" else [])
        return f' {kind}="{sharp}{name}"'

    return TAG.sub(lambda tag: NAMED.sub(renamed, _described(tag[0])), markup)


def _described(tag: str) -> str:
    """Return the tag; a picture has a description, if an empty one, and a width in per cent as one of ten classes."""
    if not tag.startswith("<img "):
        return tag
    tag = PERCENT.sub(lambda match: f' class="part-{min(100, max(10, round(int(match[1]), -1)))}"', tag, count=1)
    tag = PERCENTS.sub("", tag)
    return tag if " alt=" in tag else f'{tag[:-1]} alt="">'


@register.filter
def direction(language: str) -> str:
    """Return the direction of a language; where none was named, a browser looks at the text."""
    return languages.direction(language) if language else "auto"


@register.filter
def json_ld(value: dict[str, Any]) -> SafeString:
    """Return JSON that no text inside can end early."""
    return mark_safe(json.dumps(value, ensure_ascii=False).translate(ESCAPES))  # noqa: S308


@register.filter
def reading_time(content: str) -> str:
    return _("%(minutes)d min read") % {"minutes": max(1, round(len(content.split()) / WORDS_PER_MINUTE))}
