"""Any text, in every field, is the same text in every output. Each output is read by a parser that is not ours."""

from __future__ import annotations

import email
import email.policy
import html
import json
import re
from dataclasses import dataclass
from typing import Any

import feedparser
import grapheme
import pytest
from django.db import transaction
from django.test import Client, override_settings
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from lxml import etree
from lxml import html as lxml_html

from app.accounts.models import Role
from app.blog.models import Category, Comment, Post, Tag
from app.feeds.building import build
from app.feeds.subjects import of_site
from app.newsletter.models import Subscriber
from app.notices.kinds.comment import CommentNotice
from app.notices.letters import letter
from app.notices.models import Notice
from app.social.drafts import draft_of
from app.social.models import SocialPost
from app.social.networks.base import Draft
from app.social.networks.bluesky import record_of
from app.social.networks.text import compose
from app.social.networks.webhook import payload
from tests import factories
from tests.letters import mail_to

PHASES = (Phase.explicit, Phase.reuse, Phase.generate)  # to shrink an example of so many parts takes minutes
pytestmark = pytest.mark.django_db

PIECES = ["<T>", "&amp;", "&lt;b&gt;", "&", "]]>", "<![CDATA[", "<!--", "-->", "</title>", "</script>", "{{ x }}", "{% y %}"]
PIECES += ["👩‍👩‍👧", "🏴󠁧󠁢󠁷󠁬󠁳󠁿", "\u200f", "\u200e", "שלום", "&nbsp;", "\xa0", '"', "'", "“”", "\\", "%s", "\u2028", "a", "b ", " c"]
UNSEEN = ["\x07", "\x1b", "\x9f", "\ufffe", "\ufdd0", "\u202e"]  # taken out, or left out of XML
# What the database refuses, controls that Python counts as space, links and mentions.
UNUSED = "\x00\x0b\x0c\x1c\x1d\x1e\x1f\x85@#/."
fragments = st.lists(
    st.sampled_from(PIECES + UNSEEN) | st.text(st.characters(codec="utf-8", exclude_characters=UNUSED), max_size=9)
)
lines = fragments.map(lambda parts: "x" + "".join(parts))
long_words = st.sampled_from(["", "w" * 10_000, "👩‍👩‍👧" * 1_300])


@dataclass(frozen=True)
class Fields:
    """What people typed."""

    title: str
    excerpt: str
    content: str
    category: str
    tag: str
    author: str
    site: str
    comment: str


fields = st.builds(
    Fields,
    title=lines.map(lambda text: text[:190]),
    excerpt=st.just("") | st.tuples(lines, long_words).map(lambda parts: "".join(parts)[:2000]),
    content=st.tuples(lines, long_words).map("".join),
    category=lines.map(lambda text: text[:90]),
    tag=lines.map(lambda text: text[:90]),
    author=lines.map(lambda text: text[:90]),
    site=lines.map(lambda text: text[:60]),
    comment=lines.map(lambda text: text[:500]),
)


def seen(text: str) -> str:
    """Return the text as people see it: white space is one space, and what has no shape is nothing."""
    gone = "".join(
        char for char in text if char not in "\ufffe\uffff\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff"
    )
    spaced = "".join(char for char in gone if char.isspace() or (ord(char) >= 32 and not 127 <= ord(char) < 160))
    return " ".join("".join(char for char in spaced if not 0xFDD0 <= ord(char) <= 0xFDEF).split())


def begins(shown: str, whole: str) -> bool:
    """Return whether this is the whole text or how it begins, cut between characters as people see them."""
    kept, whole = list(grapheme.graphemes(seen(shown.removesuffix("…")))), list(grapheme.graphemes(seen(whole)))
    return kept == whole[: len(kept)] and bool(kept)


class World:
    """A post in public, with a comment, and its outputs."""

    def __init__(self, typed: Fields) -> None:
        self.typed = typed
        author = factories.person("ada", Role.AUTHOR)
        author.profile.display_name = typed.author
        author.profile.save()
        self.words = typed.content
        markup = f"<p>{html.escape(' '.join(typed.content.split()))}</p>"
        category = Category.objects.create(name=typed.category, slug="c")
        self.post = factories.write(author, typed.title, markup, excerpt=typed.excerpt, category=category)
        self.post.tags.add(Tag.objects.create(name=typed.tag, slug="t"))
        self.post.publish(at=timezone.now())
        self.post = Post.objects.get(pk=self.post.pk)
        said = re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", " ".join(typed.comment.split()))  # Markdown that shows these letters
        self.comment = Comment.objects.create(post=self.post, author=author, content=said, status="approved")

    @property
    def summary(self) -> str:
        return self.typed.excerpt or self.words

    def check_page(self) -> None:
        page = lxml_html.document_fromstring(Client().get(self.post.get_absolute_url()).content.decode())
        title, author = self.typed.title, self.typed.author
        assert seen(page.findtext(".//title")) == seen(f"{title} · {self.typed.site}")
        assert seen(page.find(".//h1").text_content()) == seen(title)
        assert seen(page.find(".//a[@rel='author']").text_content()) == seen(author)
        assert seen(page.find(".//p[@class='kicker']/a").text_content()) == seen(self.typed.category)
        assert seen(page.find(".//a[@rel='tag']").text_content()) == seen(self.typed.tag)
        assert seen(page.find(".//div[@class='prose']").text_content()) == seen(self.words)
        assert seen(page.find(".//div[@class='said']").text_content()) == seen(self.typed.comment)
        meta = {tag.get("name") or tag.get("property"): tag.get("content") for tag in page.iter("meta")}
        assert seen(meta["og:title"]) == seen(title)
        assert seen(meta["og:site_name"]) == seen(self.typed.site)
        assert seen(meta["author"]) == seen(author)
        assert begins(meta["description"], self.summary)
        assert meta["og:description"] == meta["description"]
        self._check_json_ld(json.loads(page.find(".//script[@type='application/ld+json']").text))

    def _check_json_ld(self, facts: dict[str, Any]) -> None:
        assert seen(facts["headline"]) == seen(self.typed.title)
        assert seen(facts["author"]["name"]) == seen(self.typed.author)
        assert seen(facts["publisher"]["name"]) == seen(self.typed.site)
        assert begins(facts["description"], self.summary)

    def check_rss(self) -> None:
        body = build(of_site(), "rss").body
        [item] = etree.fromstring(body).iter("item")
        assert seen(item.findtext("title")) == seen(self.typed.title)
        assert begins(shown(item.findtext("description")), self.summary)
        assert seen(shown(item.findtext("{*}encoded"))) == seen(self.words)
        assert seen(item.findtext("{*}creator")) == seen(self.typed.author)
        assert [seen(each.text) for each in item.iter("category")] == list(map(seen, self.filed))
        [entry] = read(body).entries
        assert begins(shown(entry.summary), self.summary)

    def check_atom(self) -> None:
        body = build(of_site(), "atom").body
        assert seen(etree.fromstring(body).findtext("{*}title")) == seen(self.typed.site)
        [entry] = read(body).entries
        assert entry.title_detail.type == entry.summary_detail.type == "text/plain"
        assert seen(entry.title) == seen(self.typed.title)
        assert begins(entry.summary, self.summary)
        assert seen(entry.author) == seen(self.typed.author)
        assert seen(shown(etree.fromstring(body).findtext("{*}entry/{*}content"))) == seen(self.words)

    def check_json_feed(self) -> None:
        feed = json.loads(build(of_site(), "json").body)
        [item] = feed["items"]
        assert seen(feed["title"]) == seen(self.typed.site)
        assert seen(item["title"]) == seen(self.typed.title)
        assert begins(item["summary"], self.summary)
        assert seen(shown(item["content_html"])) == seen(self.words)
        assert seen(item["authors"][0]["name"]) == seen(self.typed.author)
        assert list(map(seen, item["tags"])) == list(map(seen, self.filed))

    @property
    def filed(self) -> list[str]:
        return list(dict.fromkeys([self.typed.category, self.typed.tag]))

    def check_mail(self) -> None:
        subscriber = Subscriber.objects.create(email="r@example.org")
        mail = mail_to(subscriber, self.post)
        subject, text, page = parts(mail.data)
        assert seen(subject) == seen(self.typed.title)
        assert seen(page.find(".//h1").text_content()) == seen(self.typed.title)
        assert begins(page.find("body/div").text_content(), self.summary)
        assert seen(page.find(".//div[@class='letter']").text_content()) == seen(self.words)
        for words in (self.typed.title, self.words, self.typed.author, self.typed.site):
            assert seen(words) in seen(text)

    def check_notice(self) -> None:
        notice = Notice(
            kind=CommentNotice.name, recipient=self.post.author, post=self.post, comment=self.comment, actor=self.post.author
        )
        notice.message_id = "<2@example.org>"
        made = letter(notice, [])
        assert seen(self.typed.title) in seen(made.subject)
        assert seen(self.typed.comment).replace(" ", "") in seen(made.text).replace(" ", "")
        quoted = lxml_html.document_fromstring(made.html).find(".//blockquote")
        assert seen(quoted.text_content()).replace(" ", "") == seen(self.typed.comment).replace(" ", "")

    def check_networks(self) -> None:
        draft = draft_of(SocialPost(key="3k"), self.post)
        self._check_status(compose(draft, link=draft.url, limit=500, measure=len), draft)
        record = record_of(draft, None)
        self._check_status(record["text"], draft)
        card = record["embed"]["external"]
        assert begins(card["title"], self.typed.title)
        assert begins(card["description"], self.summary)
        data = json.loads(payload("post.published", draft, timezone.now()))["data"]
        assert seen(data["title"]) == seen(self.typed.title)
        assert seen(data["author"]) == seen(self.typed.author)
        assert begins(data["excerpt"], self.summary)

    def _check_status(self, status: str, draft: Draft) -> None:
        title, *rest = status.split("\n\n")
        assert begins(title, self.typed.title)
        if rest and draft.url.partition("://")[2].rstrip("/") not in rest[0]:
            assert begins(rest[0], self.summary)


def shown(markup: str | None) -> str:
    """Return what a browser shows of HTML."""
    return str(lxml_html.document_fromstring(f"<div>{markup}</div>").text_content())


def read(body: bytes) -> Any:
    """Read a feed as a feed reader does."""
    feed = feedparser.parse(body)
    assert feed.bozo == 0, feed.get("bozo_exception")
    return feed


def parts(data: bytes) -> tuple[str, str, Any]:
    """Return a mail's subject, text, and parsed HTML."""
    message = email.message_from_bytes(data, policy=email.policy.default)
    bodies = {part.get_content_subtype(): part.get_content() for part in message.walk() if not part.is_multipart()}
    return message["Subject"], bodies["plain"], lxml_html.document_fromstring(bodies["html"])


class TestTheSameText:
    # Hypothesis would print each example on failure, and warns where one is longer than it likes: words of 10 kB are the point.
    @pytest.mark.long
    @pytest.mark.filterwarnings("ignore:Generating overly large repr")
    @settings(max_examples=15, phases=PHASES, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
    @given(fields)
    @pytest.mark.covers("M15")
    def test_is_in_every_output(self, typed: Fields) -> None:
        with transaction.atomic(), override_settings(SITE_NAME=typed.site):
            world = World(typed)
            world.check_page()
            world.check_rss()
            world.check_atom()
            world.check_json_feed()
            world.check_mail()
            world.check_notice()
            world.check_networks()
            transaction.set_rollback(True)
