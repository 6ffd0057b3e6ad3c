"""Signing in, joining, errors, health, and what crawlers read."""

from __future__ import annotations

import json
from xml.etree import ElementTree as ET

import pytest
from django.db import DatabaseError, connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.views.defaults import server_error
from pytest_django import Settings

from app.accounts.models import RegisteredVia, User
from app.newsletter.forms import CONSENT
from app.newsletter.models import Subscriber
from owed.models import Effect
from owed.testing import owes
from tests.factories import Publish

pytestmark = pytest.mark.django_db
WHO = {"username": "newcomer", "email": "new@example.org", "password": "a-good-password-7"}


class TestAnAddressThatLeadsNowhere:
    @pytest.mark.parametrize("debug", [False, True])
    def test_gets_the_page_of_the_publication(self, client: Client, settings: Settings, debug: bool) -> None:
        settings.DEBUG = debug
        answer = client.get("/nowhere/")
        assert answer.status_code == 404
        assert b"No such page" in answer.content
        assert b"Archive" in answer.content

    def test_is_left_to_the_api_where_it_is_the_api_s(self, client: Client, settings: Settings) -> None:
        settings.DEBUG = True
        assert client.get("/api/v1/posts/999999").headers["Content-Type"].startswith("application/")


class TestJoining:
    def test_makes_an_account_and_signs_in(self, client: Client) -> None:
        assert client.post("/join/", WHO)["Location"] == "/"
        assert "A mail asks whether" in client.get("/").content.decode()
        assert User.objects.get(username="newcomer").registered_via == RegisteredVia.SITE
        assert b"Sign out" in client.get("/").content

    @pytest.mark.parametrize(
        ("wrong", "said"),
        [
            ({"username": "Rita"}, b"This name is taken"),
            ({"email": "RITA@example.org"}, b"An account with this address exists"),
            ({"password": "12345678"}, b"too common"),
            ({"username": "no spaces"}, b"Enter a valid username"),
            ({"email": ""}, b"This field is required"),
        ],
    )
    def test_says_what_is_wrong_and_keeps_the_rest(
        self, client: Client, reader: User, wrong: dict[str, str], said: bytes
    ) -> None:
        answer = client.post("/join/", {**WHO, **wrong})
        assert answer.status_code == 422
        assert said in answer.content
        assert User.objects.count() == 1

    @pytest.mark.covers("E13")
    def test_puts_nobody_on_the_mailing_list_who_did_not_tick(self, client: Client) -> None:
        assert 'name="by_mail"' in (page := client.get("/join/").content.decode())
        assert "checked" not in page
        client.post("/join/", WHO)
        assert not Subscriber.objects.exists()

    @pytest.mark.covers("E13")
    def test_asks_once_more_by_mail_of_who_ticked(self, client: Client) -> None:
        client.post("/join/", {**WHO, "by_mail": "on"})
        subscriber = Subscriber.objects.get()
        assert (subscriber.email, subscriber.state, subscriber.source) == ("new@example.org", "pending", "account")
        assert subscriber.consent_text == CONSENT
        assert subscriber.user == User.objects.get()
        assert owes("email.confirm").count() == 1
        for _ in range(2):
            client.post(subscriber.get_absolute_url(), {"action": "confirm"})
        assert Subscriber.objects.confirmed().count() == 1

    @pytest.mark.covers("E13")
    def test_leaves_out_who_left_until_they_confirm(self, client: Client) -> None:
        Subscriber.objects.subscribe("NEW@example.org", source="site", consent=CONSENT)
        Subscriber.objects.get().unsubscribe()
        client.post("/join/", {**WHO, "by_mail": "on"})
        assert Subscriber.objects.get().state == "unsubscribed"

    @pytest.mark.covers("E13", "H29")
    def test_that_fails_subscribes_nobody(self, client: Client, reader: User) -> None:
        assert client.post("/join/", {**WHO, "username": "rita", "by_mail": "on"}).status_code == 422
        assert not Subscriber.objects.exists()

    def test_never_shows_a_password_again(self, client: Client) -> None:
        assert b"a-good-password-7" not in client.post("/join/", {**WHO, "email": "x"}).content


class TestSigningIn:
    def test_leads_back_to_where_one_came_from(self, client: Client, reader: User, write: Publish) -> None:
        url = write().get_absolute_url()
        who = {"username": "rita", "password": "a-good-password-7", "next": url}
        assert client.post("/login/", who)["Location"] == url

    def test_leads_nowhere_else(self, client: Client, reader: User) -> None:
        who = {"username": "rita", "password": "a-good-password-7", "next": "https://evil.example/"}
        assert client.post("/login/", who)["Location"] == "/"

    def test_ends_by_post_only(self, client: Client, reader: User) -> None:
        client.force_login(reader)
        assert client.get("/logout/").status_code == 405
        assert client.post("/logout/")["Location"] == "/"


class TestAnErrorPage:
    def test_asks_the_database_nothing_when_all_is_lost(self) -> None:
        with CaptureQueriesContext(connection) as queries:
            answer = server_error(RequestFactory().get("/"))
        assert (answer.status_code, len(queries)) == (500, 0)
        assert b"Our mistake" in answer.content

    def test_says_that_there_is_no_such_page(self, client: Client) -> None:
        answer = client.get("/nowhere/")
        assert (answer.status_code, b"No such page" in answer.content) == (404, True)

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
