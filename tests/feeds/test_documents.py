"""What the feeds say: E7, M15, H10."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from xml.etree import ElementTree

import feedparser
import jsonschema
import pytest
from django.utils import timezone

from app.accounts.models import Role, User
from app.blog.absolute_urls import with_absolute_addresses
from app.blog.models import Category, Post, Tag
from app.feeds.building import build, refresh, update_rss_feed
from app.feeds.models import Document
from app.feeds.subjects import of_site, subject_of
from owed.testing import drain
from tests.factories import Publish

pytestmark = pytest.mark.django_db

ATOM = "{http://www.w3.org/2005/Atom}"
CONTENT = "{http://purl.org/rss/1.0/modules/content/}encoded"
HOSTILE = [
    "]]>",
    "<![CDATA[ x ]]>",
    "<script>alert(1)</script>",
    '" onload="x',
    "a & b &amp; c &#0; &nbsp;",
    "nul\x00 bell\x07 esc\x1b del\x7f c1\x9b",
    "\ufffe\uffff\ufdd0",
    "שלום \u202e עולם",
    "😀 👩‍👩‍👧‍👦",
    "<?xml version='1.0'?>",
    "-->",
    "'",
]
JSON_FEED = {
    "type": "object",
    "required": ["version", "title", "items", "feed_url", "home_page_url"],
    "properties": {
        "version": {"const": "https://jsonfeed.org/version/1.1"},
        "title": {"type": "string", "minLength": 1},
        "feed_url": {"type": "string", "pattern": "^http"},
        "home_page_url": {"type": "string", "pattern": "^http"},
        "items": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["id", "content_html"],
                "properties": {
                    "id": {"type": "string", "pattern": "^urn:uuid:"},
                    "url": {"type": "string", "pattern": "^http"},
                    "title": {"type": "string"},
                    "content_html": {"type": "string"},
                    "summary": {"type": "string", "minLength": 1},
                    "image": {"type": "string", "pattern": "^http"},
                    "date_published": {"type": "string", "format": "date-time"},
                    "date_modified": {"type": "string", "format": "date-time"},
                    "authors": {"type": "array", "items": {"type": "object", "required": ["name"]}},
                    "tags": {"type": "array", "items": {"type": "string"}},
                },
                "additionalProperties": False,
            },
        },
    },
}


def body(form: str) -> bytes:
    return build(of_site(), form).body


def parsed(form: str) -> Any:
    feed = feedparser.parse(body(form))
    assert feed.bozo == 0, feed.get("bozo_exception")
    return feed


@pytest.mark.covers("E7")
class TestFormats:
    @pytest.mark.parametrize("form", ["rss", "atom"])
    @pytest.mark.parametrize("count", [0, 1, 52])
    def test_parse_and_hold_the_newest_fifty(self, publish: Publish, form: str, count: int) -> None:
        posts = [publish(f"Post {number}") for number in range(count)]
        entries = parsed(form).entries

        assert [entry.title for entry in entries] == [post.title for post in reversed(posts)][:50]

    @pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
    def test_carry_hostile_text(self, publish: Publish, author: User, text: str) -> None:
        storable = text.replace("\x00", "")
        author.profile.display_name = storable
        author.profile.save()
        category = Category.objects.create(name=storable, slug="c")
        post = publish(f"Title {text}", f"{text}\n\n`{text}`", excerpt=text, category=category)

        for form in ("rss", "atom"):
            assert len(parsed(form).entries) == 1
        (item,) = json.loads(body("json"))["items"]
        assert item["url"].endswith(post.get_absolute_url())
        assert ElementTree.fromstring(body("rss")).findtext("channel/item/title") == item["title"]
        jsonschema.validate(json.loads(body("json")), JSON_FEED)

    @pytest.mark.parametrize("content", ["", "\n", "<!-- nothing -->", "<p></p>", "[x]: https://x.example/"])
    def test_are_valid_for_a_post_without_text(self, publish: Publish, content: str) -> None:
        publish("Only a title", content)
        jsonschema.validate(json.loads(body("json")), JSON_FEED)
        for form in ("rss", "atom"):
            assert [entry.title for entry in parsed(form).entries] == ["Only a title"]

    def test_carry_the_whole_post(self, publish: Publish) -> None:
        post = publish("Whole", "A *whole* post")

        assert ElementTree.fromstring(body("rss")).findtext(f"channel/item/{CONTENT}") == post.content_html
        assert ElementTree.fromstring(body("atom")).findtext(f"{ATOM}entry/{ATOM}content") == post.content_html
        assert json.loads(body("json"))["items"][0]["content_html"] == post.content_html

    def test_link_to_themselves_at_the_address_served(self, settings: Any) -> None:
        settings.SITE_URL = "https://blog.example"

        for form, file in (("rss", "rss.xml"), ("atom", "atom.xml")):
            (link,) = [link for link in parsed(form).feed.links if link.rel == "self"]
            assert link.href == f"https://blog.example/{file}"
        assert json.loads(body("json"))["feed_url"] == "https://blog.example/feed.json"

    def test_tell_entries_by_ids_that_outlive_slug_and_host(self, publish: Publish, settings: Any) -> None:
        settings.SITE_URL = "https://blog.example:8443"
        post = publish("Before")

        def ids() -> set[str]:
            listed = {parsed(form).entries[0].id for form in ("rss", "atom")}
            return listed | {json.loads(body("json"))["items"][0]["id"]}

        before = ids()
        post.revise(title="After", slug="after")

        settings.SITE_URL = "https://www.blog.example"

        assert before == ids() == {post.guid}
        assert ElementTree.fromstring(body("rss")).find("channel/item/guid").attrib == {"isPermaLink": "false"}  # type: ignore[union-attr]

    def test_keep_their_own_ids_when_the_site_moves(self, publish: Publish, settings: Any) -> None:
        settings.SITE_URL = "https://blog.example"
        publish("One")
        refresh(["site"], timezone.now())
        settings.SITE_URL = "https://www.blog.example"
        refresh(["site"], timezone.now())

        assert parsed("atom").feed.id == "tag:blog.example,2026-01-01:site"
        assert b"tag:blog.example,2026-01-01:site" in bytes(Document.objects.get(scope="site", format="atom").body)

    @pytest.mark.parametrize("kind", [Tag, Category])
    def test_have_ids_that_no_later_feed_with_the_same_number_has(self, kind: type[Any], author: User) -> None:
        thing = kind.objects.create(name="One", slug="one")
        first = self.feed_id(thing)
        assert first == self.feed_id(thing)
        kind.objects.filter(pk=thing.pk).update(name="Renamed", slug="renamed")
        assert first == self.feed_id(kind.objects.get())
        Document.objects.all().delete()
        thing.delete()
        assert self.feed_id(kind.objects.create(pk=thing.pk, name="Two", slug="two")) != first

    def test_have_ids_that_no_later_author_with_the_same_number_has(self, db: None) -> None:
        def author() -> User:
            return User.objects.create(pk=777, username="ann", role=Role.AUTHOR, date_joined=timezone.now())

        user = author()
        first = self.feed_id(user)
        Document.objects.all().delete()
        user.delete()
        assert self.feed_id(author()) != first

    def feed_id(self, thing: Any) -> str:
        """Return the id that the feed has before it is stored, which is the one that it is stored with."""
        subject = subject_of(thing)
        assert subject
        unstored = feedparser.parse(build(subject, "atom").body).feed.id
        refresh([subject.scope], timezone.now())
        [stored] = set(Document.objects.filter(scope=subject.scope).values_list("guid", flat=True))
        assert unstored == stored == feedparser.parse(build(subject, "atom").body).feed.id
        return str(stored)

    def test_give_atom_a_uri_for_an_id_that_is_none(self, publish: Publish) -> None:
        post = publish("From Ghost")
        Post.objects.filter(pk=post.pk).update(guid="5f0c9d5b5b1e4c0039c0a1b2")

        assert parsed("rss").entries[0].id == "5f0c9d5b5b1e4c0039c0a1b2"
        assert parsed("atom").entries[0].id.startswith("urn:uuid:")

    def test_date_an_atom_entry_by_its_last_edit(self, publish: Publish) -> None:
        post = publish("Once")
        Post.objects.filter(pk=post.pk).update(updated_at=post.published_at + timedelta(days=1))
        entry = parsed("atom").entries[0]

        assert entry.published_parsed[:3] == post.published_at.timetuple()[:3]
        assert entry.updated_parsed[:3] == (post.published_at + timedelta(days=1)).timetuple()[:3]

    def test_name_author_category_and_tags(self, publish: Publish, author: User) -> None:
        author.profile.display_name = "Jo Writer"
        author.profile.save()
        author.email = "jo@example.org"
        author.save()
        post = publish(category=Category.objects.create(name="News", slug="news"))
        post.revise(tags=[Tag.objects.create(name="Sea", slug="sea")])

        for form in ("rss", "atom"):
            entry = parsed(form).entries[0]
            assert entry.author == "Jo Writer"
            assert [tag.term for tag in entry.tags] == ["News", "Sea"]
        assert all(b"jo@example.org" not in body(form) for form in ("rss", "atom", "json"))

    def test_are_the_same_bytes_at_any_time(self, publish: Publish) -> None:
        publish()

        assert all(body(form) == body(form) for form in ("rss", "atom", "json"))

    @pytest.mark.parametrize("form", ["rss", "atom", "json"])
    @pytest.mark.parametrize("of", ["site", "author", "category", "tag"])
    def test_hold_no_draft_no_planned_and_no_withdrawn_post(self, publish: Publish, author: User, of: str, form: str) -> None:
        category, tag = Category.objects.create(name="C", slug="c"), Tag.objects.create(name="T", slug="t")
        facts = {"author": author, "category": category}
        soon = timezone.now() + timedelta(days=1)
        unseen = [
            Post.objects.create(title="Unseen draft", **facts),
            Post.objects.create(title="Unseen plan", status="scheduled", publish_at=soon, **facts),
            publish("Unseen withdrawal", **facts),
        ]
        seen = publish("In public", **facts)
        for post in (*unseen, seen):
            post.tags.add(tag)
        unseen[-1].withdraw()

        subject = subject_of({"site": "site", "author": author, "category": category, "tag": tag}[of])
        text = build(subject, form).body.decode()
        assert "In public" in text
        assert "Unseen" not in text


class TestAddresses:
    @pytest.mark.parametrize(
        ("markup", "expected"),
        [
            ('<a href="/x?a=1&amp;b=2">', '<a href="https://a.example/x?a=1&amp;b=2">'),
            ('<a href="#fn1">', '<a href="https://a.example/posts/p/#fn1">'),
            ('<img alt="a > b" src="../i.png">', '<img alt="a > b" src="https://a.example/posts/i.png">'),
            ('<a href="https://b.example/">', '<a href="https://b.example/">'),
            ('<a href="mailto:a@b.example">', '<a href="mailto:a@b.example">'),
            ('<p title=" src=">href="/x"</p>', '<p title=" src=">href="/x"</p>'),
            ('<a href="http://[bad">', '<a href="http://[bad">'),
        ],
    )
    def test_become_absolute_in_tags_alone(self, markup: str, expected: str) -> None:
        assert with_absolute_addresses(markup, "https://a.example/posts/p/") == expected


@pytest.mark.covers("E7")
class TestRefresh:
    def test_keeps_three_documents_for_a_scope(self, publish: Publish) -> None:
        publish()

        assert refresh(["site"], timezone.now()) == 3
        assert set(Document.objects.values_list("scope", "format")) == {("site", form) for form in ("rss", "atom", "json")}

    def test_writes_nothing_when_no_byte_changed(self, publish: Publish) -> None:
        post = publish()
        began = timezone.now()
        refresh(["site"], began)
        Post.objects.filter(pk=post.pk).update(view_count=9)

        assert refresh(["site"], began + timedelta(hours=1)) == 0
        assert set(Document.objects.values_list("last_modified", flat=True)) == {began}

    def test_forgets_a_subject_that_is_gone(self) -> None:
        tag = Tag.objects.create(name="Sea", slug="sea")
        refresh([f"tag:{tag.pk}"], timezone.now())
        scope = f"tag:{tag.pk}"
        tag.delete()
        refresh([scope, "nonsense", "tag:x", "author:99999999"], timezone.now())

        assert not Document.objects.exists()

    def test_covers_each_feed_on_which_a_post_stands(self, publish: Publish, author: User) -> None:
        category, tag = Category.objects.create(name="News", slug="news"), Tag.objects.create(name="Sea", slug="sea")
        post = publish("Everywhere", category=category)
        post.revise(tags=[tag])
        update_rss_feed(post)

        scopes = {"site", f"author:{author.pk}", f"category:{category.pk}", f"tag:{tag.pk}"}
        assert set(Document.objects.values_list("scope", flat=True)) == scopes
        assert all(b"Everywhere" in bytes(document.body) for document in Document.objects.all())

    def test_covers_the_site_without_a_post(self) -> None:
        update_rss_feed()

        assert Document.objects.filter(scope="site").count() == 3


class TestEffects:
    @pytest.mark.covers("E7")
    def test_rebuild_a_feed_once_for_ten_publishes(self, publish: Publish, monkeypatch: pytest.MonkeyPatch) -> None:
        from app.feeds import building

        rebuilt: list[str] = []
        original = building._refresh
        monkeypatch.setattr(building, "_refresh", lambda scope, now: rebuilt.append(scope) or original(scope, now))
        for number in range(10):
            publish(f"Post {number}")
        drain()

        assert 1 <= rebuilt.count("site") <= 2
        assert len(feedparser.parse(bytes(Document.objects.get(scope="site", format="rss").body)).entries) == 10

    @pytest.mark.covers("H10", "E7")
    def test_take_a_withdrawn_and_a_deleted_post_out(self, publish: Publish, author: User) -> None:
        withdrawn, deleted = publish("One"), publish("Two")
        drain()
        withdrawn.withdraw()
        deleted.delete()
        drain()

        for document in Document.objects.filter(scope__in=["site", f"author:{author.pk}"], format="rss"):
            assert feedparser.parse(bytes(document.body)).entries == []

    @pytest.mark.covers("M15")
    def test_leave_the_feed_alone_for_views_likes_and_comments(self, publish: Publish) -> None:
        post = publish("Steady")
        drain()
        before = list(Document.objects.order_by("pk").values_list("etag", "last_modified"))
        reader = User.objects.create(username="reader", role=Role.READER)
        post.like(reader)
        post.comment(author=reader, content="Indeed.")
        Post.objects.filter(pk=post.pk).update(view_count=10)
        drain()
        refresh(["site"], timezone.now())

        assert list(Document.objects.order_by("pk").values_list("etag", "last_modified")) == before
