"""Signing up, and where a sign-in leads."""

from __future__ import annotations

import pytest
from django.test import Client

from app.accounts.models import RegisteredVia, User
from app.newsletter.forms import CONSENT
from app.newsletter.models import Subscriber
from owed.testing import owes
from tests.factories import Publish

pytestmark = pytest.mark.django_db
WHO = {"username": "newcomer", "email": "new@example.org", "password": "a-good-password-7"}


class TestJoining:
    def test_makes_an_account_and_signs_in(self, client: Client) -> None:
        assert client.post("/join/", WHO)["Location"] == "/"
        assert "We have sent an email to new@example.org" in client.get("/").content.decode()
        assert User.objects.get(username="newcomer").registered_via == RegisteredVia.SITE
        assert b"Sign out" in client.get("/").content

    @pytest.mark.parametrize(
        ("wrong", "said"),
        [
            ({"username": "Rita"}, b"This name is taken"),
            ({"email": "RITA@example.org"}, b"An account with this address exists"),
            ({"password": "12345678"}, b"too common"),
            ({"username": "no spaces"}, b"Enter a valid username"),
            ({"username": ".."}, b"Use at least one letter"),
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
