"""What templates may ask for."""

from __future__ import annotations

import json
import re
from typing import Any

from django import template
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

register = template.Library()

WORDS_PER_MINUTE = 240
ESCAPES = {ord(">"): "\\u003E", ord("<"): "\\u003C", ord("&"): "\\u0026", 0x2028: "\\u2028", 0x2029: "\\u2029"}

ALIGNED = re.compile(r'(<t[dh]\b[^<>]*?) style="text-align:\s*(left|center|right|justify);?"')

EMPTY = re.compile(r'(<t[dh]\b[^<>]*?) style=""')


@register.filter
def prose(markup: str) -> SafeString:
    """Return a post's sanitised HTML for a page: tables without style attributes, and what scrolls reached by keyboard."""
    markup = EMPTY.sub(r"\1", ALIGNED.sub(r'\1 class="\2"', markup)).replace("<pre>", '<pre tabindex="0">')
    wide = f'<div class="wide" tabindex="0" role="region" aria-label="{_("Table")}"><table>'
    return mark_safe(markup.replace("<table>", wide).replace("</table>", "</table></div>"))  # noqa: S308 - sanitised


@register.filter
def json_ld(value: dict[str, Any]) -> SafeString:
    """Return JSON that no text inside can end early."""
    return mark_safe(json.dumps(value, ensure_ascii=False).translate(ESCAPES))  # noqa: S308


@register.filter
def reading_time(content: str) -> str:
    return _("%(minutes)d min read") % {"minutes": max(1, round(len(content.split()) / WORDS_PER_MINUTE))}
