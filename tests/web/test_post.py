"""The page of a post."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from datetime import timedelta
from html.parser import HTMLParser

import feedparser
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from app.accounts.models import Profile, User
from app.blog.models import Category, Media, Tag
from tests.factories import Publish
from tests.markup import squeezed

pytestmark = pytest.mark.django_db
HOSTILE = "</title></script><script>alert(1)</script><img src=x onerror=alert(1)>\"'<b>"


class Reader(HTMLParser):
    """Notes what a browser would run."""

    def __init__(self) -> None:
        super().__init__()
        self.live: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        if tag == "script" and "src" not in named and named.get("type") != "application/ld+json":
            self.live.append(tag)
        self.live += [name for name in named if name.startswith("on") or name == "style"]
        self.live += [str(value) for value in named.values() if str(value).strip().lower().startswith("javascript:")]


def live_parts(page: str) -> list[str]:
    parser = Reader()
    parser.feed(page)
    return parser.live


class TestAPostPage:
    def test_shows_the_text_as_html(self, client: Client, write: Publish) -> None:
        page = client.get(write(excerpt="Why waiting pays.").get_absolute_url()).content.decode()
        assert "<em>loads</em>" in page
        assert "<title>A slower web · Afterword</title>" in page
        assert '<link rel="canonical" href="http://127.0.0.1:8000/posts/a-slower-web/">' in page
        assert '<meta name="description" content="Why waiting pays.">' in page

    def test_describes_itself_to_machines(self, client: Client, write: Publish) -> None:
        page = client.get(write("Ends </script> early").get_absolute_url()).content.decode()
        found = re.search(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)
        assert found is not None
        facts = json.loads(found.group(1))
        assert facts["headline"] == "Ends </script> early"
        assert facts["author"]["name"] == "anna"

    def test_carries_no_style_that_the_policy_would_block(self, client: Client, write: Publish) -> None:
        cells = '<td style="color: red">a</td><td style="text-align: right">b</td>'
        page = client.get(write(content=f"<table><tr>{cells}</tr></table>").get_absolute_url()).content.decode()
        assert "style=" not in page
        assert '<td class="right">b</td>' in page

    @pytest.mark.parametrize(("content", "times"), [("Words.", 1), ("![](/media/images/a.png)", 1)])
    def test_shows_its_cover_once(self, client: Client, write: Publish, author: User, content: str, times: int) -> None:
        cover = Media.objects.create(file="images/a.png", owner=author, checksum="a" * 64, size=1, content_type="image/png")
        page = client.get(write(content=content, cover=cover).get_absolute_url()).content.decode()
        assert page.count('src="/media/images/a.png"') == times

    @pytest.mark.covers("M2")
    def test_moves_for_good_when_its_address_changes(self, client: Client, write: Publish) -> None:
        post = write()
        post.revise(slug="slow-is-smooth")
        answer = client.get("/posts/a-slower-web/")
        assert (answer.status_code, answer["Location"]) == (301, "/posts/slow-is-smooth/")

    @pytest.mark.covers("M2")
    def test_runs_no_script_of_any_field(self, client: Client, write: Publish, author: User) -> None:
        Profile.objects.filter(user=author).update(display_name=HOSTILE[:100], bio=HOSTILE, website="javascript:alert(1)")
        category = Category.objects.create(name=HOSTILE, slug="c", description=HOSTILE)
        post = write(HOSTILE, content=HOSTILE, excerpt=HOSTILE, category=category)
        post.tags.add(Tag.objects.create(name=HOSTILE, slug="t"))
        post.comment(content=HOSTILE, author=author)
        shelves = ("/", "/authors/anna/", "/categories/c/", "/tags/t/", "/archive/", "/search/?q=alert")
        for path in (post.get_absolute_url(), *shelves):
            page = client.get(path).content.decode()
            assert live_parts(page) == [], path

    @pytest.mark.covers("C13")
    @pytest.mark.parametrize("state", ["draft", "scheduled"])
    def test_is_nowhere_before_it_is_public(self, client: Client, write: Publish, author: User, state: str) -> None:
        post = write("Unripe fruit", public=False)
        if state == "scheduled":
            post.schedule(publish_at=timezone.now() + timedelta(days=1))
        writer = Client()
        writer.force_login(author)
        assert b"Unripe fruit" in writer.get(f"/studio/posts/{post.pk}/").content
        assert client.get(post.get_absolute_url()).status_code == 404
        for path in ("/", "/authors/anna/", "/archive/", "/search/?q=unripe", "/sitemap.xml"):
            assert b"nripe fruit" not in client.get(path).content, path

    @pytest.mark.covers("H10")
    def test_is_gone_once_withdrawn(self, client: Client, write: Publish) -> None:
        post = write()
        assert client.get("/").content.count(b"A slower web")
        post.withdraw()
        assert client.get(post.get_absolute_url()).status_code == 410
        assert b"A slower web" not in client.get("/").content

    @pytest.mark.covers("M13")
    def test_needs_no_category_and_outlives_it(self, client: Client, write: Publish) -> None:
        category = Category.objects.create(name="Slow", slug="slow")
        posts = [write("Without one"), write("Within one", category=category)]
        assert b"Within one" in client.get("/categories/slow/").content
        feed = feedparser.parse(client.get("/categories/slow/rss.xml").content)
        assert not feed.bozo
        assert [entry.title for entry in feed.entries] == ["Within one"]
        category.delete()
        assert [client.get(post.get_absolute_url()).status_code for post in posts] == [200, 200]
        assert client.get("/categories/slow/").status_code == 404

    def test_is_not_found_under_an_unknown_or_impossible_address(self, client: Client) -> None:
        assert client.get("/posts/never-written/").status_code == 404
        assert client.get("/posts/%00%ff/").status_code in {400, 404}

    def test_names_its_neighbours(self, client: Client, write: Publish) -> None:
        posts = [write(title) for title in ("First of three", "Second of three", "Third of three")]
        page = client.get(posts[1].get_absolute_url()).content.decode()
        assert 'rel="prev" href="/posts/first-of-three/"' in " ".join(page.split())
        assert 'rel="next" href="/posts/third-of-three/"' in " ".join(page.split())

    @pytest.mark.covers("H24", "H21")
    def test_writes_nothing_when_read(self, client: Client, write: Publish) -> None:
        url = write().get_absolute_url()
        client.get(url)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert client.get(url).status_code == 200
        assert not [query["sql"] for query in queries if re.match(r"\s*(INSERT|UPDATE|DELETE)", query["sql"])]

    @pytest.mark.covers("H24")
    def test_is_not_sent_again_unless_it_changed(self, client: Client, write: Publish) -> None:
        post = write()
        tag = client.get(post.get_absolute_url())["ETag"]
        assert client.get(post.get_absolute_url(), headers={"If-None-Match": tag}).status_code == 304
        post.revise(content="Said better.")
        answer = client.get(post.get_absolute_url(), headers={"If-None-Match": tag})
        assert (answer.status_code, b"Said better." in answer.content) == (200, True)

    def test_takes_constant_queries_however_many_comments(self, client: Client, write: Publish, reader: User) -> None:
        post = write()
        client.get(post.get_absolute_url())
        post.comment(content="One.", author=reader)
        with CaptureQueriesContext(connection) as few:
            client.get(post.get_absolute_url())
        for number in range(9):
            post.comment(content=f"More {number}.", author=reader)
        with CaptureQueriesContext(connection) as many:
            client.get(post.get_absolute_url())
        with CaptureQueriesContext(connection) as kept:
            client.get(post.get_absolute_url())
        assert len(many) == len(few) <= 9
        assert len(kept) == 4


class TestAComment:
    def test_of_a_reader_is_up_at_once(self, client: Client, write: Publish, reader: User) -> None:
        post = write()
        client.force_login(reader)
        answer = client.post(f"{post.get_absolute_url()}comments", {"content": "Well *said*."}, headers={"HX-Request": "true"})
        assert b"Your comment" in answer.content
        assert b"Well <em>said</em>." in answer.content
        assert '<h2 id="comments-heading" data-hx-swap-oob="true">1 comment</h2>' in squeezed(answer.content)
        assert b"Well <em>said</em>." in Client().get(post.get_absolute_url()).content

    def test_of_a_guest_waits_for_an_editor(self, client: Client, write: Publish) -> None:
        post = write()
        said = {"guest_name": "Gus", "guest_email": "gus@example.org", "content": "May I?"}
        for headers in ({}, {"HX-Request": "true"}):
            answer = client.post(f"{post.get_absolute_url()}comments", said, headers=headers)
            assert b"waiting for approval" in answer.content
            assert b"May I?" not in answer.content
        assert b"May I?" not in client.get(post.get_absolute_url()).content
        assert b"gus@example.org" not in client.get(post.get_absolute_url()).content

    def test_that_is_refused_is_shown_again(self, client: Client, write: Publish) -> None:
        said = {"guest_name": "Gus", "guest_email": "no address", "content": "Keep these words."}
        answer = client.post(f"{write().get_absolute_url()}comments", said)
        assert answer.status_code == 422
        assert b"Keep these words." in answer.content
        assert b"valid email" in answer.content

    def test_form_is_fetched_with_its_token_only_when_wanted(self, write: Publish) -> None:
        post, client = write(), Client(enforce_csrf_checks=True)
        form = client.get(f"{post.get_absolute_url()}comments", headers={"HX-Request": "true"})
        assert "csrftoken" in form.cookies
        assert "no-store" in form["Cache-Control"]
        assert client.post(f"{post.get_absolute_url()}comments", {"content": "x"}).status_code == 403


class TestALike:
    def test_is_counted_once_and_can_be_taken_back(self, client: Client, write: Publish, reader: User) -> None:
        post = write()
        client.force_login(reader)
        for _ in range(2):
            answer = client.post(f"{post.get_absolute_url()}likes", headers={"HX-Request": "true"})
        assert b'aria-pressed="true"' in answer.content
        post.refresh_from_db()
        assert post.like_count == 1
        client.post(f"{post.get_absolute_url()}likes", {"_method": "delete"})
        post.refresh_from_db()
        assert post.like_count == 0

    def test_asks_a_visitor_to_sign_in(self, client: Client, write: Publish) -> None:
        answer = client.post(f"{write().get_absolute_url()}likes")
        assert answer["Location"].startswith("/login/?next=")


class TestThePolicy:
    @pytest.mark.parametrize(
        ("site", "allows", "upgrades"), [("https://blog.example", False, True), ("http://127.0.0.1:8000", True, False)]
    )
    def test_shows_pictures_at_http_or_asks_for_them_over_https(self, site: str, allows: bool, upgrades: bool) -> None:
        shown = "from django.conf import settings as s; print(dict(s.CONTENT_SECURITY_POLICY['DIRECTIVES']))"
        code = (
            f"import os; os.environ['SITE_URL'] = {site!r}; os.environ['DJANGO_SETTINGS_MODULE'] = 'config.settings'; {shown}"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        directives = ast.literal_eval(done.stdout)
        assert ("http:" in directives["img-src"], directives["upgrade-insecure-requests"]) == (allows, upgrades)
