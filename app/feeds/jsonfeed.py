"""JSON Feed 1.1 (https://jsonfeed.org/version/1.1)."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from app.blog import languages
from app.blog.plain_text import sendable
from app.feeds.entries import Entry, absolute
from app.feeds.subjects import Subject


def json_feed(subject: Subject, entries: list[Entry], newest: datetime) -> bytes:
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": sendable(subject.title),
        "home_page_url": absolute(subject.path),
        "feed_url": absolute(subject.feed_path("json")),
        "description": sendable(subject.description),
        "language": languages.of(""),
        "items": [_item(each) for each in entries],
    }
    return json.dumps(feed, ensure_ascii=False, separators=(",", ":")).encode()


def _item(entry: Entry) -> dict[str, Any]:
    item = {
        "id": entry.id,
        "url": entry.url,
        "title": entry.title,
        "content_html": entry.html,
        "summary": entry.summary,
        "language": entry.language,
        "date_published": entry.published.isoformat(),
        "date_modified": entry.updated.isoformat(),
        "authors": [{"name": entry.author, "url": entry.author_url}],
        "tags": list(entry.categories),
        "image": entry.image,
    }
    # An item has content (JSON Feed 1.1), if only an empty text; what else is empty is left out.
    return {name: value for name, value in item.items() if value or name == "content_html"}
