"""Error pages, health checks, and what crawlers read."""

from __future__ import annotations

import json
from xml.etree import ElementTree as ET

import pytest
from django.db import DatabaseError, connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.views.defaults import server_error
from pytest_django import Settings

from owed.models import Effect
from tests.factories import Publish

pytestmark = pytest.mark.django_db
WHO = {"username": "newcomer", "email": "new@example.org", "password": "a-good-password-7"}


class TestAnAddressThatLeadsNowhere:
    @pytest.mark.parametrize("debug", [False, True])
    def test_gets_the_page_of_the_publication(self, client: Client, settings: Settings, debug: bool) -> None:
        settings.DEBUG = debug
        answer = client.get("/nowhere/")
        assert answer.status_code == 404
        assert b"Page not found" in answer.content
        assert b"Archive" in answer.content

    def test_is_left_to_the_api_where_it_is_the_api_s(self, client: Client, settings: Settings) -> None:
        settings.DEBUG = True
        assert client.get("/api/v1/posts/999999").headers["Content-Type"].startswith("application/")


class TestAnErrorPage:
    def test_asks_the_database_nothing_when_all_is_lost(self) -> None:
        with CaptureQueriesContext(connection) as queries:
            answer = server_error(RequestFactory().get("/"))
        assert (answer.status_code, len(queries)) == (500, 0)
        assert b"Something went wrong" in answer.content

    def test_says_that_there_is_no_such_page(self, client: Client) -> None:
        answer = client.get("/nowhere/")
        assert (answer.status_code, b"Page not found" in answer.content) == (404, True)

    def test_says_that_a_form_is_stale(self) -> None:
        answer = Client(enforce_csrf_checks=True).post("/login/", {})
        assert (answer.status_code, b"This form has expired" in answer.content) == (403, True)


class TestCrawlers:
    def test_find_what_is_public(self, client: Client, write: Publish) -> None:
        write("Seen")
        write("Unseen", public=False)
        tree = ET.fromstring(client.get("/sitemap.xml").content)
        places = [each.text for each in tree.iter("{http://www.sitemaps.org/schemas/sitemap/0.9}loc")]
        assert "http://127.0.0.1:8000/posts/seen/" in places
        assert not [place for place in places if place and "unseen" in place]

    def test_are_told_where_not_to_look(self, client: Client) -> None:
        text = client.get("/robots.txt").content.decode()
        assert "Disallow: /studio/" in text
        assert "Sitemap: http://127.0.0.1:8000/sitemap.xml" in text

    def test_are_told_where_to_report(self, client: Client) -> None:
        text = client.get("/.well-known/security.txt").content.decode()
        assert text.startswith("Contact: mailto:")
        assert "\nExpires: " in text


class TestHealth:
    def test_of_the_process_asks_nobody(self, client: Client) -> None:
        with CaptureQueriesContext(connection) as queries:
            assert client.get("/healthz").status_code == 200
        assert not queries

    def test_tells_the_age_of_the_oldest_effect(self, client: Client, write: Publish) -> None:
        write()
        Effect.objects.update(due_at="2020-01-01T00:00:00Z")
        report = json.loads(client.get("/readyz").content)
        assert report["ready"] is True
        assert report["oldest_due_seconds"] > 1e6
        assert report["effects"] == "late"

    def test_is_bad_without_a_database(self, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse() -> None:
            raise DatabaseError("gone")

        monkeypatch.setattr("app.web.health.silence", refuse)
        assert client.get("/readyz").status_code == 503

    def test_is_measured(self, client: Client, write: Publish) -> None:
        write()
        assert b'afterword_effects{queue="search",state="owed"}' in client.get("/metrics").content
