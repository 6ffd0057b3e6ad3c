"""{% feed_links %}: the links by which readers' programs find the feeds of a page."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from app.feeds.subjects import SITE, subject_of

register = template.Library()
TYPES = {"rss": "application/rss+xml", "atom": "application/atom+xml", "json": "application/feed+json"}
NAMES = {"rss": "RSS", "atom": "Atom", "json": "JSON Feed"}
LINK = '<link rel="alternate" type="{}" title="{} ({})" href="{}">'


@register.simple_tag
def feed_links(scope: Any = SITE) -> SafeString:
    """Link the three feeds of the site, of a user, category or tag, or of a scope ("author:7")."""
    subject = subject_of(scope)
    links = subject.links if subject else []
    return format_html_join(
        "\n", LINK, ((TYPES[form], subject.title if subject else "", NAMES[form], path) for form, path in links)
    )
