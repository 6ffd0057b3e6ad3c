"""Changing one's password from one's own account, and hearing of it."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from django.contrib.auth import get_user
from django.db import connection
from django.http import HttpRequest
from django.test import Client

from app.accounts.models import ApiToken, PasswordReplaced, User
from app.members.password_reset import reset_path
from app.notices.models import Notice
from owed.testing import broker_down, drain, owes
from tests.concurrency import at_once
from tests.sinks import Sink, smtp_sink

__all__ = ["smtp_sink"]
pytestmark = pytest.mark.django_db
PATH = "/account/password"
OLD, NEW = "a-good-password-7", "quite another phrase"
TYPED = {"old_password": OLD, "new_password1": NEW, "new_password2": NEW}


def signed_in(user: User, **options: Any) -> Client:
    client = Client(**options)
    client.force_login(user)
    return client


def is_signed_in(client: Client) -> bool:
    request = HttpRequest()
    request.session = client.session
    return get_user(request).is_authenticated


class TestAChangedPassword:
    def test_is_the_one_that_counts_from_then_on(self, reader: User) -> None:
        mine, other = signed_in(reader), signed_in(reader)
        _, token = ApiToken.objects.issue(reader)
        assert f'href="{PATH}"' in mine.get("/account/").content.decode()
        assert "Your password is changed" in mine.post(PATH, TYPED, follow=True).content.decode()
        assert (is_signed_in(mine), is_signed_in(other)) == (True, False)
        assert ApiToken.objects.resolve(token) is None
        assert not Client().login(username="rita", password=OLD)
        assert Client().login(username="rita", password=NEW)

    def test_is_told_to_its_owner_once_each_time_without_a_secret(self, reader: User, smtp_sink: Sink) -> None:
        with broker_down():
            signed_in(reader).post(PATH, TYPED)
        assert owes("email.password", about=reader).count() == 1
        drain()
        signed_in(User.objects.get()).post(PATH, {"old_password": NEW, "new_password1": OLD, "new_password2": OLD})
        drain()
        assert [mail.recipient for mail in smtp_sink.captured] == [reader.email] * 2
        for mail in smtp_sink.captured:
            assert mail.message["Subject"] == "Your password at Afterword was changed"
            assert "The password of the account rita was changed on " in mail.body("plain")
            assert "http://127.0.0.1:8000/password/\n" in mail.body("plain")
            assert 'href="http://127.0.0.1:8000/password/"' in mail.body("html")

    def test_is_told_after_a_reset_too(self, client: Client, reader: User, smtp_sink: Sink) -> None:
        client.post(client.get(reset_path(reader))["Location"], {"new_password1": NEW, "new_password2": NEW})
        drain()
        assert "was changed" in str(smtp_sink.captured[0].message["Subject"])

    def test_is_not_told_to_a_stranger(self, smtp_sink: Sink) -> None:
        newcomer = User.objects.register("newcomer", "stranger@example.org", OLD)
        signed_in(newcomer).post(PATH, TYPED)
        drain()
        assert Notice.objects.get(kind="password").error == "address not confirmed"
        assert [str(mail.message["Subject"]) for mail in smtp_sink.captured] == ["Is this your address at Afterword?"]


class TestTheForm:
    @pytest.mark.parametrize(
        ("wrong", "said"),
        [
            ({"old_password": "not it"}, "entered incorrectly"),
            ({"new_password2": "not the same"}, "match"),
            ({"new_password1": "12345678", "new_password2": "12345678"}, "too common"),
        ],
    )
    def test_says_what_is_wrong_and_changes_nothing(self, reader: User, wrong: dict[str, str], said: str) -> None:
        answer = signed_in(reader).post(PATH, {**TYPED, **wrong})
        assert (answer.status_code, said in answer.content.decode()) == (422, True)
        assert OLD not in answer.content.decode()
        assert Client().login(username="rita", password=OLD)
        assert not owes("email.password").exists()

    def test_is_its_owners_alone(self, reader: User) -> None:
        assert Client().get(PATH)["Location"] == f"/login/?next={PATH}"
        assert signed_in(reader, enforce_csrf_checks=True).post(PATH, TYPED).status_code == 403
        assert "no-store" in signed_in(reader).get(PATH)["Cache-Control"]


class TestAPassword:
    def test_is_not_replaced_where_it_is_another_by_now_or_the_account_is_closed(self, reader: User) -> None:
        stale = User.objects.get()
        reader.renew_password(NEW)
        for user in (stale, reader):
            User.objects.update(is_active=user is stale)
            with pytest.raises(PasswordReplaced):
                user.renew_password("a third phrase")
        assert User.objects.get().check_password(NEW)
        assert owes("email.password").count() == 1

    @pytest.mark.django_db(transaction=True)
    def test_changed_in_several_places_at_once_is_changed_in_one(self, reader: User) -> None:
        clients = [signed_in(reader) for _ in range(4)]
        connection.close()
        answers = at_once(*(partial(client.post, PATH, TYPED) for client in clients))
        assert sum(answer.get("Location") == "/account/" for answer in answers) == 1
        assert owes("email.password").count() == 1
