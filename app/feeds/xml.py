"""RSS 2.0 and Atom 1.0."""

from __future__ import annotations

from datetime import datetime
from io import BytesIO
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from django.utils.feedgenerator import Atom1Feed, Rss201rev2Feed, SyndicationFeed
from django.utils.xmlutils import SimplerXMLGenerator

from app.blog import languages
from app.blog.plain_text import escaped, sendable
from app.feeds.entries import Entry, absolute
from app.feeds.subjects import Subject

TTL_MINUTES = 5
DUBLIN_CORE = "http://purl.org/dc/elements/1.1/"
CONTENT_NAMESPACE = "http://purl.org/rss/1.0/modules/content/"


class Rss(Rss201rev2Feed):
    """Full posts in content:encoded; lastBuildDate is the newest change. A description is HTML, whatever it is made of."""

    def rss_attributes(self) -> dict[str, str]:
        return {**super().rss_attributes(), "xmlns:content": CONTENT_NAMESPACE}

    def latest_post_date(self) -> datetime:
        newest: datetime = self.feed["newest"]
        return newest

    def add_root_elements(self, handler: SimplerXMLGenerator) -> None:
        self.feed["description"] = escaped(self.feed["description"])
        super().add_root_elements(handler)
        link = {"rel": "self", "href": self.feed["self_url"], "type": "application/rss+xml"}
        handler.addQuickElement("atom:link", None, link)

    def add_item_elements(self, handler: SimplerXMLGenerator, item: dict[str, Any]) -> None:
        super().add_item_elements(handler, {**item, "description": escaped(item["description"])})
        if item["language"]:
            handler.addQuickElement("dc:language", item["language"], {"xmlns:dc": DUBLIN_CORE})
        handler.addQuickElement("content:encoded", item["html"])


class Atom(Atom1Feed):
    """Full posts in content; an entry's updated is its last edit. Summaries are text, where Django says that they are HTML."""

    def latest_post_date(self) -> datetime:
        newest: datetime = self.feed["newest"]
        return newest

    def add_root_elements(self, handler: SimplerXMLGenerator) -> None:
        super().add_root_elements(handler)
        link = {"rel": "self", "href": self.feed["self_url"], "type": "application/atom+xml"}
        handler.addQuickElement("link", "", link)

    def item_attributes(self, item: dict[str, Any]) -> dict[str, str]:
        return {"xml:lang": item["language"]} if item["language"] else {}

    def add_item_elements(self, handler: SimplerXMLGenerator, item: dict[str, Any]) -> None:
        super().add_item_elements(handler, {**item, "description": None})
        handler.addQuickElement("summary", item["description"], {"type": "text"})
        handler.addQuickElement("content", item["html"], {"type": "html"})

    def add_item(self, *args: Any, **item: Any) -> None:
        """Ids of Atom are URIs. That of a post from Ghost is not: its old feed was RSS alone."""
        if ":" not in item["unique_id"]:
            item["unique_id"] = uuid5(NAMESPACE_OID, item["unique_id"]).urn
        super().add_item(*args, **item)


def rss(subject: Subject, entries: list[Entry], newest: datetime) -> bytes:
    return _written(Rss, "rss", subject, entries, newest)


def atom(subject: Subject, entries: list[Entry], newest: datetime) -> bytes:
    return _written(Atom, "atom", subject, entries, newest)


def _written(kind: type[SyndicationFeed], form: str, subject: Subject, entries: list[Entry], newest: datetime) -> bytes:
    feed = kind(
        title=sendable(subject.title),
        link=absolute(subject.path),
        description=sendable(subject.description),
        subtitle=sendable(subject.description),
        language=languages.of(""),
        author_name=sendable(subject.title),
        feed_guid=subject.guid,
        ttl=TTL_MINUTES,
        newest=newest,
        self_url=absolute(subject.feed_path(form)),
    )
    for each in entries:
        _add(feed, each)
    out = BytesIO()
    feed.write(out, "utf-8")
    return out.getvalue()


def _add(feed: SyndicationFeed, entry: Entry) -> None:
    feed.add_item(
        title=entry.title,
        link=entry.url,
        description=entry.summary,
        html=entry.html,
        language=entry.language,
        author_name=entry.author,
        pubdate=entry.published,
        updateddate=entry.updated,
        unique_id=entry.id,
        unique_id_is_permalink=False,
        categories=entry.categories,
    )
