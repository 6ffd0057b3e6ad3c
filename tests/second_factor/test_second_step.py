"""The second step of the sign-in: asked for after the right password alone, and not to be gone round."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from app.accounts.models import ApiToken, User
from app.members.password_reset import reset_path
from app.notices.models import Notice
from app.second_factor.models import Authenticator, RecoveryCode
from app.second_factor.verification import accept_code
from tests.concurrency import at_once
from tests.second_factor.signing import PASSWORD, code, enter, step, who

pytestmark = pytest.mark.django_db


def wrong(secret: str) -> str:
    """Return six digits that are no code of these minutes."""
    near = {code(secret, later=later) for later in range(-2, 3)}
    return next(each for each in ("000000", "111111", "222222", "333333", "444444", "555555") if each not in near)


class TestTheSignIn:
    def test_asks_for_a_code_after_the_right_password_and_goes_where_it_was_going(self, client: Client, secret: str) -> None:
        answer = enter(client, next="/archive/")
        assert (answer.status_code, answer["Location"], who(client)) == (302, "/login/code/", "")
        before = client.session.session_key
        assert step(client, wrong(secret)).status_code == 422
        assert who(client) == ""
        answer = step(client, code(secret))
        assert (answer["Location"], who(client)) == ("/archive/", "rita")
        assert client.session.session_key != before
        assert not Session.objects.filter(pk=before).exists()

    def test_leads_nowhere_else(self, client: Client, secret: str) -> None:
        enter(client, next="https://evil.example/")
        assert step(client, code(secret))["Location"] == "/"

    def test_says_nothing_of_it_before_the_password_was_right(self, secret: str, author: User) -> None:
        said = [enter(Client(), name, "wrong") for name in ("rita", "anna", "no-one")]
        assert {answer.status_code for answer in said} == {422}
        varying = re.compile(r'value="(rita|anna|no-one|\w{64})"')
        assert len({varying.sub("", answer.content.decode()) for answer in said}) == 1
        assert Client().get("/login/code/")["Location"] == "/login/"
        assert Client().post("/login/code/", {"code": code(secret)})["Location"] == "/login/"

    def test_opens_nothing_meanwhile(self, client: Client, reader: User, secret: str) -> None:
        enter(client)
        assert client.get("/account/")["Location"].startswith("/login/")
        assert "Sign out" not in client.get("/login/code/").content.decode()

    def test_leaves_others_as_they_were(self, client: Client, author: User, secret: str) -> None:
        assert (enter(client, "anna")["Location"], who(client)) == ("/", "anna")

    def test_is_over_after_ten_minutes(self, client: Client, secret: str) -> None:
        enter(client)
        with time_machine.travel(timezone.now() + timedelta(minutes=11)):
            assert step(client, code(secret))["Location"] == "/login/"

    def test_is_over_when_the_password_was_changed(self, client: Client, reader: User, secret: str) -> None:
        enter(client)
        reader.renew_password("quite another phrase")
        assert step(client, code(secret))["Location"] == "/login/"
        User.objects.update(is_active=False)

    def test_is_asked_for_after_a_reset_of_the_password_too(self, client: Client, reader: User, secret: str) -> None:
        new = "quite another phrase"
        client.post(client.get(reset_path(reader))["Location"], {"new_password1": new, "new_password2": new})
        assert who(client) == ""
        assert enter(client, password=new)["Location"] == "/login/code/"

    def test_is_asked_for_on_the_way_to_the_admin_too(self, client: Client, secret: str) -> None:
        User.objects.filter(username="rita").update(is_staff=True, is_superuser=True)
        door = client.get("/admin/", follow=True).redirect_chain[-1][0]
        client.post(door, {"username": "rita", "password": PASSWORD, "next": "/admin/"})
        assert client.get("/admin/").status_code == 302
        assert step(client, code(secret))["Location"] == "/admin/"
        assert client.get("/admin/").status_code == 200

    def test_makes_the_browser_known_only_when_it_is_done(self, client: Client, secret: str) -> None:
        assert "known" not in enter(client).cookies
        assert "known" in step(client, code(secret)).cookies


class TestACode:
    def test_works_once_and_so_do_earlier_ones(self, secret: str) -> None:
        def tried(later: int) -> int:
            client = Client()
            enter(client)
            return int(step(client, code(secret, later=later)).status_code)

        assert [tried(later) for later in (1, 1, 0, -1)] == [302, 422, 422, 422]

    def test_of_two_minutes_ago_is_refused(self, client: Client, secret: str) -> None:
        enter(client)
        assert step(client, code(secret, later=-4)).status_code == 422

    def test_is_guessed_at_ten_times_a_minute_whoever_asks(self, client: Client, secret: str) -> None:
        enter(client)
        assert [step(client, wrong(secret)).status_code for _ in range(11)] == [422] * 10 + [429]
        other = Client(REMOTE_ADDR="192.0.2.7")
        enter(other)
        answer = step(other, code(secret))
        assert (answer.status_code, answer["Retry-After"], who(other)) == (429, "60", "")

    def test_is_looked_at_no_more_for_an_hour_after_twenty_wrong_ones_and_the_owner_is_warned(self, secret: str) -> None:
        client = Client()
        enter(client)
        for _ in range(20):
            cache.clear()
            step(client, wrong(secret))
        cache.clear()
        assert step(client, code(secret)).status_code == 422
        assert [notice.subject_key.partition("/")[0] for notice in Notice.objects.order_by("pk")] == ["app_on", "wrong_codes"]
        assert "refused for an hour" in step(client, code(secret)).content.decode()
        Authenticator.objects.update(wrong_at=timezone.now() - timedelta(minutes=61))
        assert step(client, code(secret)).status_code == 302

    def test_that_is_wrong_after_the_hour_begins_another_and_a_warning(self, reader: User, secret: str) -> None:
        Authenticator.objects.update(wrong_in_a_row=20, wrong_at=timezone.now() - timedelta(minutes=61))
        now = timezone.now()
        assert not any(accept_code(reader, typed, now=now) for typed in (wrong(secret), wrong(secret), code(secret)))
        assert Notice.objects.filter(subject_key__startswith="wrong_codes/").count() == 1
        assert Authenticator.objects.get().wrong_in_a_row == 21

    @pytest.mark.django_db(transaction=True)
    def test_is_counted_with_others_at_the_same_moment_and_one_warns(self, reader: User, secret: str) -> None:
        Authenticator.objects.update(wrong_in_a_row=18)
        typed, now = wrong(secret), timezone.now()
        assert at_once(*[lambda: accept_code(reader, typed, now=now)] * 3) == [False] * 3
        assert Authenticator.objects.get().wrong_in_a_row == 20
        assert Notice.objects.filter(subject_key__startswith="wrong_codes/").count() == 1

    @pytest.mark.parametrize("typed", ["", "12345", "１２３４５６", "x" * 61, "\x00" * 6])
    def test_may_be_anything(self, client: Client, secret: str, typed: str) -> None:
        enter(client)
        assert step(client, typed).status_code in {400, 422}

    def test_whose_secret_opens_with_no_key_is_wrong_and_recovery_codes_work(
        self, client: Client, reader: User, secret: str
    ) -> None:
        Authenticator.objects.update(secret="gAAAA-of-another-key")
        [first, *_rest] = RecoveryCode.objects.renew(reader)
        enter(client)
        assert step(client, code(secret)).status_code == 422
        assert step(client, first.upper().replace("-", " ")).status_code == 302


class TestARecoveryCode:
    def test_signs_in_once_and_its_owner_is_notified(self, reader: User, secret: str) -> None:
        [first, *_rest] = RecoveryCode.objects.renew(reader)
        for status in (302, 422):
            client = Client()
            enter(client)
            assert step(client, first).status_code == status
        assert Notice.objects.filter(subject_key__startswith="code_used/").count() == 1
        assert RecoveryCode.objects.left(reader) == 9

    def test_is_its_owners_alone(self, author: User, secret: str) -> None:
        [first, *_rest] = RecoveryCode.objects.renew(author)
        client = Client()
        enter(client)
        assert step(client, first).status_code == 422


class TestAToken:
    def test_is_given_for_a_password_and_a_code(self, reader: User, secret: str) -> None:
        def asked(**fields: str) -> tuple[int, bool]:
            body = {"username": "rita", "password": PASSWORD, **fields}
            said = Client().post("/api/v1/tokens", body, "application/json")
            return said.status_code, ApiToken.objects.exists()

        assert asked() == (401, False)
        assert asked(code=wrong(secret)) == (401, False)
        assert asked(password="wrong", code=code(secret)) == (401, False)
        assert asked(code=code(secret)) == (201, True)
