"""Error pages, health checks, and what crawlers read."""

from __future__ import annotations

import json
from datetime import timedelta
from xml.etree import ElementTree as ET

import pytest
from django.db import DatabaseError, connection
from django.db.models.functions import Now
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.views.defaults import server_error
from pytest_django import Settings

from app.web import health
from owed.acting import Decision
from owed.heartbeat import beat
from owed.models import Effect
from owed.pausing import pause
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


@pytest.fixture
def monitor(settings: Settings) -> Client:
    """Return a client that has the token."""
    settings.METRICS_TOKEN = "a-token-for-monitoring"
    return Client(headers={"authorization": "Bearer a-token-for-monitoring"})


class TestHealth:
    def test_of_the_process_asks_nobody(self, client: Client) -> None:
        with CaptureQueriesContext(connection) as queries:
            assert client.get("/healthz").status_code == 200
        assert not queries

    def test_tells_the_age_of_the_oldest_effect(self, monitor: Client, write: Publish) -> None:
        write()
        Effect.objects.update(due_at="2020-01-01T00:00:00Z")
        report = json.loads(monitor.get("/readyz").content)
        assert report["ready"] is True
        assert report["oldest_due_seconds"] > 1e6
        assert report["effects"] == "late"

    def test_is_bad_without_a_database(self, monitor: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse() -> None:
            raise DatabaseError("gone")

        monkeypatch.setattr("app.web.health.silence", refuse)
        answer = monitor.get("/readyz")
        assert (answer.status_code, answer.json()) == (503, {"ready": False, "database": "DatabaseError"})

    def test_names_the_queues_that_no_worker_takes(self, monitor: Client, write: Publish) -> None:
        write()
        beat("some-worker")
        Effect.objects.update(due_at="2020-01-01T00:00:00Z", wake_at="2020-01-01T00:00:00Z")
        every = sorted(set(Effect.objects.values_list("queue", flat=True)))
        assert "search" in every
        Effect.objects.filter(queue="search").update(state="running", started_at=Now(), wake_at=Now() + timedelta(minutes=1))
        report = monitor.get("/readyz").json()
        assert report["worker"] == "ok"
        assert report["queues_not_taken"] == [name for name in every if name != "search"]

    def test_names_what_is_paused_and_does_not_call_it_late(self, monitor: Client, write: Publish) -> None:
        write()
        Effect.objects.update(due_at="2020-01-01T00:00:00Z")
        for queue in set(Effect.objects.values_list("queue", flat=True)):
            pause(queue=queue, decision=Decision(by="ada", reason="a restore"))
        report = monitor.get("/readyz").json()
        assert (report["effects"], report["oldest_due_seconds"], report["queues_not_taken"]) == ("ok", 0, [])
        assert any(said.startswith("queue search paused by ada since") for said in report["paused"])

    def test_names_no_queue_that_waits_for_another_try(self, monitor: Client, write: Publish) -> None:
        write()
        Effect.objects.update(due_at="2020-01-01T00:00:00Z", attempt=3, state="waiting")
        assert monitor.get("/readyz").json()["queues_not_taken"] == []

    def test_is_measured(self, monitor: Client, write: Publish) -> None:
        write()
        assert b'afterword_effects{queue="search",state="owed"}' in monitor.get("/metrics").content


class TestAStranger:
    @pytest.mark.parametrize("token", ["", "a-token-for-monitoring"])
    @pytest.mark.parametrize("given", [None, "", "Bearer ", "Bearer", "Bearer wrong", "Basic a-token-for-monitoring"])
    def test_learns_only_whether_the_site_is_ready(self, settings: Settings, token: str, given: str | None) -> None:
        client = Client()
        settings.METRICS_TOKEN = token
        headers = {} if given is None else {"authorization": given}
        ready, metrics = client.get("/readyz", headers=headers), client.get("/metrics", headers=headers)
        assert (ready.status_code, ready.json()) == (200, {"ready": True})
        assert metrics.status_code == 403
        assert b"afterword_" not in metrics.content

    def test_learns_nothing_of_the_reason(self, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("app.web.schema.complaint", lambda: "The table of secrets is missing.")
        monkeypatch.setattr("app.web.health._fit", health._Fit())
        answer = client.get("/readyz")
        assert (answer.status_code, answer.json()) == (503, {"ready": False})

    def test_sees_all_on_a_machine_of_their_own(self, client: Client, settings: Settings) -> None:
        settings.DEBUG = True
        assert client.get("/metrics").status_code == 200
        assert client.get("/readyz").json()["database"] == "ok"
