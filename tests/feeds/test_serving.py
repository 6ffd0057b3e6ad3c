"""Feeds over HTTP: conditional requests, heads, addresses."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.template import Context, Template
from django.test import Client
from django.utils import timezone
from django.utils.http import http_date, parse_http_date

from app.accounts.models import Role, User
from app.blog.models import Category, Post, Tag
from app.feeds.building import refresh
from app.feeds.copies import Copies
from app.feeds.models import Document
from tests.factories import Publish

pytestmark = [pytest.mark.django_db, pytest.mark.covers("E7")]
TYPES = {
    "/rss.xml": "application/rss+xml; charset=utf-8",
    "/atom.xml": "application/atom+xml; charset=utf-8",
    "/feed.json": "application/feed+json",
}
PATHS = list(TYPES)


@pytest.fixture
def post(publish: Publish) -> Post:
    post = publish("Served")
    refresh(["site", f"author:{post.author_id}"], timezone.now() - timedelta(hours=1))
    return post


@pytest.mark.usefixtures("post")
class TestFeed:
    @pytest.mark.parametrize("path", PATHS)
    def test_is_sent_with_its_validators(self, client: Client, path: str) -> None:
        response = client.get(path)

        assert response.status_code == 200
        assert b"Served" in response.content
        assert response["Content-Type"] == TYPES[path]
        assert response["ETag"].startswith('"')
        assert response["Cache-Control"] == "public, max-age=60"
        assert response["Vary"] == "Accept-Encoding"
        assert parse_http_date(response["Last-Modified"]) <= timezone.now().timestamp()
        assert "Set-Cookie" not in response

    @pytest.mark.parametrize("path", PATHS)
    def test_is_not_sent_again(self, client: Client, path: str) -> None:
        etag = client.get(path)["ETag"]
        for condition in (etag, f"W/{etag}", f'"other", {etag}', "*"):
            response = client.get(path, headers={"If-None-Match": condition})
            assert response.status_code == 304
            assert response.content == b""
            assert response["ETag"] == etag
            assert response["Cache-Control"] == "public, max-age=60"
            assert response["Vary"] == "Accept-Encoding"

    def test_is_not_sent_again_to_who_knows_the_time(self, client: Client) -> None:
        modified = client.get("/rss.xml")["Last-Modified"]

        assert client.get("/rss.xml", headers={"If-Modified-Since": modified}).status_code == 304
        assert client.get("/rss.xml", headers={"If-Modified-Since": http_date(0)}).status_code == 200

    def test_believes_the_etag_before_the_time(self, client: Client) -> None:
        headers = {"If-None-Match": '"other"', "If-Modified-Since": http_date(timezone.now().timestamp())}

        assert client.get("/rss.xml", headers=headers).status_code == 200

    def test_has_a_head(self, client: Client) -> None:
        get, head = client.get("/rss.xml"), client.head("/rss.xml")

        assert head.status_code == 200
        assert head.content == b""
        assert {**head.headers, "X-Request-ID": ""} == {**get.headers, "X-Request-ID": ""}
        assert int(head["Content-Length"]) == len(get.content)

    def test_cannot_be_changed(self, client: Client) -> None:
        assert client.post("/rss.xml").status_code == 405

    def test_is_another_after_an_edit(self, client: Client, post: Post) -> None:
        etag = client.get("/rss.xml")["ETag"]
        post.revise(title="Edited")
        refresh(["site"], timezone.now())
        response = client.get("/rss.xml", headers={"If-None-Match": etag})

        assert response.status_code == 200
        assert response["ETag"] != etag
        assert b"Edited" in response.content

    def test_comes_from_the_process_when_it_was_sent_before(self, client: Client, django_assert_num_queries) -> None:  # type: ignore[no-untyped-def]
        first = client.get("/rss.xml").content
        with django_assert_num_queries(1) as asked:
            assert client.get("/rss.xml").content == first
        assert "body" not in asked.captured_queries[0]["sql"]

    def test_is_built_for_the_request_where_none_is_kept(self, client: Client) -> None:
        Document.objects.all().delete()
        response = client.get("/atom.xml")

        assert b"Served" in response.content
        assert not Document.objects.exists()
        assert client.get("/atom.xml", headers={"If-None-Match": response["ETag"]}).status_code == 304


class TestAddress:
    @pytest.mark.parametrize("file", ["rss.xml", "atom.xml", "feed.json"])
    def test_stands_under_each_author_category_and_tag(self, client: Client, post: Post, file: str) -> None:
        post.revise(
            category=Category.objects.create(name="News", slug="news"), tags=[Tag.objects.create(name="Sea", slug="sea")]
        )

        for folder in (f"/authors/{post.author.username}/", "/categories/news/", "/tags/sea/"):
            response = client.get(folder + file)
            assert response.status_code == 200
            assert b"Served" in response.content
            assert f"{folder}{file}".encode() in response.content

    @pytest.mark.parametrize("folder", ["/authors/nobody/", "/categories/none/", "/tags/none/", "/authors/reader/"])
    def test_of_nothing_is_not_found(self, client: Client, folder: str) -> None:
        User.objects.create(username="reader", role=Role.READER)

        assert client.get(f"{folder}rss.xml").status_code == 404


class TestFeedLinks:
    def test_name_the_three_feeds_of_a_thing_or_scope(self, post: Post) -> None:
        tag = Tag.objects.create(name="Sea & <salt>", slug="sea")
        page = Template("{% load feeds %}{% feed_links thing %}")

        for thing in (tag, f"tag:{tag.pk}"):
            links = page.render(Context({"thing": thing}))
            assert links.count('<link rel="alternate"') == 3
            assert 'type="application/feed+json"' in links
            assert 'href="/tags/sea/feed.json"' in links
            assert "Sea &amp; &lt;salt&gt;" in links

    def test_are_those_of_the_site_unless_told(self) -> None:
        assert 'href="/rss.xml"' in Template("{% load feeds %}{% feed_links %}").render(Context())

    def test_are_none_for_what_is_not_there(self) -> None:
        assert Template("{% load feeds %}{% feed_links 'tag:0' %}").render(Context()) == ""


class TestCopies:
    def test_keep_what_was_used_last_within_their_limit(self) -> None:
        copies = Copies(limit=10)
        for etag in "abc":
            copies.put(("site", "rss", etag), etag.encode() * 4)
            copies.get(("site", "rss", "a"))

        assert copies.get(("site", "rss", "a")) == b"aaaa"
        assert copies.get(("site", "rss", "b")) is None
        assert copies.size == 8

    def test_keep_nothing_larger_than_their_limit(self) -> None:
        copies = Copies(limit=3)
        copies.put(("site", "rss", "a"), b"aaaa")

        assert copies.size == 0
