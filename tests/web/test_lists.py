"""The front page, authors, categories, tags, archive, search."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from app.accounts.models import User
from app.blog.models import Category, Post, Tag
from app.search.index import update_search_index_batch
from app.stats.trending import update_trending_posts
from app.web.pagination import PAGE
from owed.testing import broker_down
from tests.factories import Publish
from tests.markup import squeezed

pytestmark = pytest.mark.django_db


class TestTheFrontPage:
    def test_says_when_there_is_nothing(self, client: Client) -> None:
        assert b"Nothing published yet" in client.get("/").content

    def test_leads_with_the_newest(self, client: Client, write: Publish) -> None:
        write("The older one")
        write("The newest one")
        page = client.get("/").content.decode()
        assert page.index("The newest one") < page.index("The older one")

    def test_says_the_same_once_when_the_excerpt_is_how_the_text_begins(self, client: Client, write: Publish) -> None:
        opening = "This year we worked on thirty-one projects"
        write(content=f"{opening} across the land.\n\nAnd more.\n\n* a list\n\nThe end.", excerpt=f"{opening}.")
        page = client.get("/").content.decode()
        assert page.count(opening) == 1
        assert "across the land. And more." in page
        assert "a list" not in page
        assert f"{opening}.</p>" in squeezed(client.get("/authors/anna/").content)

    def test_ranks_what_is_read_only_when_there_is_something_to_rank(self, client: Client, write: Publish) -> None:
        for number in range(3):
            write(f"Number {number}").like(User.objects.create_user(f"reader{number}"))
            update_trending_posts(timezone.now())
            assert (b"Popular this week" in client.get("/").content) == (number == 2)

    @pytest.mark.covers("C13")
    def test_is_fresh_on_every_page_after_a_change(self, client: Client, write: Publish) -> None:
        for number in range(PAGE):
            write(f"Number {number}")
        write("Then another")
        assert b"Number 1<" not in client.get("/?page=2").content
        write("One more")
        assert b"Number 1<" in client.get("/?page=2").content
        assert b"One more" in client.get("/").content

    def test_is_read_from_the_cache_until_something_changes(self, client: Client, write: Publish) -> None:
        write()
        client.get("/")
        with CaptureQueriesContext(connection) as queries:
            client.get("/")
        assert not [query for query in queries if '"blog_post"' in query["sql"]]

    @pytest.mark.parametrize("page", ["0", "-1", "x", "999999999", "1e3", "", "²"])
    def test_answers_any_page_number(self, client: Client, write: Publish, page: str) -> None:
        write()
        assert client.get("/", {"page": page}).status_code == 200


class TestAShelf:
    def test_holds_what_is_filed_there(self, client: Client, write: Publish) -> None:
        essays, notes = (Category.objects.create(name=name, slug=name.lower()) for name in ("Essays", "Notes"))
        write("An essay", category=essays)
        write("A note", category=notes).tags.add(Tag.objects.create(name="web", slug="web"))
        assert b"An essay" in client.get("/categories/essays/").content
        assert b"A note" not in client.get("/categories/essays/").content
        assert b"A note" in client.get("/tags/web/").content
        assert client.get("/tags/unknown/").status_code == 404

    @pytest.mark.covers("C6")
    def test_changes_when_a_post_moves(self, client: Client, write: Publish) -> None:
        essays, notes = (Category.objects.create(name=name, slug=name.lower()) for name in ("Essays", "Notes"))
        post = write("Wanderer", category=essays)
        assert b"Wanderer" in client.get("/categories/essays/").content
        assert b"Wanderer" not in client.get("/categories/notes/").content
        post.revise(category=notes)
        assert b"Wanderer" not in client.get("/categories/essays/").content
        assert b"Wanderer" in client.get("/categories/notes/").content

    def test_of_an_author_tells_who_it_is(self, client: Client, write: Publish) -> None:
        write()
        page = client.get("/authors/anna/").content
        assert b"1 post" in page
        assert b"/authors/anna/rss.xml" in page


class TestTheArchive:
    def test_counts_by_year_and_lists_titles(self, client: Client, write: Publish) -> None:
        post = write()
        assert post.published_at is not None
        year = post.published_at.year
        assert f"/archive/{year}/" in client.get("/archive/").content.decode()
        assert b"A slower web" in client.get(f"/archive/{year}/").content
        assert client.get("/archive/1900/").status_code == 404
        assert client.get("/archive/0/").status_code == 404
        assert client.get("/archive/99999999999/").status_code == 404


class TestSearch:
    def test_marks_what_it_found(self, client: Client, write: Publish) -> None:
        update_search_index_batch([write().pk])
        page = client.get("/search/", {"q": "slower"}).content.decode()
        assert "<mark>slower</mark>" in page
        assert "1 result" in page

    def test_shows_the_last_page_to_who_asks_for_a_later_one(self, client: Client, write: Publish) -> None:
        update_search_index_batch([write(f"Slower {number}").pk for number in range(21)])
        page = client.get("/search/", {"q": "slower", "page": "99"}).content.decode()
        assert "21 results" in page
        assert page.count('<article class="story') == 1

    def test_says_what_it_searched_for_instead(self, client: Client, write: Publish) -> None:
        update_search_index_batch([write("Kubernetes").pk])
        page = client.get("/search/", {"q": "kubernetse"}).content.decode()
        assert "Showing results for “<bdi>kubernetes</bdi>”" in page
        assert "<mark>Kubernetes</mark>" in page

    def test_is_narrowed_by_its_form(self, client: Client, write: Publish) -> None:
        update_search_index_batch([write().pk])
        assert "1 result" in client.get("/search/", {"q": "slower", "author": "anna", "since": "2020-01-01"}).content.decode()
        assert "0 results" in client.get("/search/", {"q": "slower", "until": "2020-01-01"}).content.decode()

    @pytest.mark.parametrize(
        "wrong", [{"since": "yesterday"}, {"author": "no one"}, {"since": "2026-02-02", "until": "2026-02-01"}]
    )
    def test_says_what_cannot_narrow_it(self, client: Client, write: Publish, wrong: dict[str, str]) -> None:
        answer = client.get("/search/", {"q": "slower", **wrong})
        assert answer.status_code == 422
        assert "errorlist" in answer.content.decode()
        assert "<mark>" not in answer.content.decode()

    @pytest.mark.parametrize("query", ["", "zebra", "\x00", '"unclosed', "a & | !", "<script>alert(1)</script>", "x" * 5000])
    def test_answers_any_words(self, client: Client, write: Publish, query: str) -> None:
        answer = client.get("/search/", {"q": query})
        assert answer.status_code == 200
        assert b"<script>alert" not in answer.content


class TestAnOutage:
    @pytest.mark.covers("D20", "C10")
    def test_of_broker_and_cache_keeps_pages_up(self, client: Client, write: Publish, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(*args: object, **kwargs: object) -> None:
            raise ConnectionError("refused")

        for verb in ("get", "get_many", "set", "set_many", "add"):
            monkeypatch.setattr(f"app.pagecache.backend.RedisCache.{verb}", refuse)
        with broker_down():
            post = write()
            for path in ("/", post.get_absolute_url(), "/archive/", "/authors/anna/", "/search/?q=web"):
                assert client.get(path).status_code == 200, path
        assert Post.objects.public().count() == 1
