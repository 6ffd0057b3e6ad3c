"""Signing in, and how often somebody may guess at a password."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.signals import user_login_failed
from django.core.cache import cache
from django.test import Client
from pytest_django import Settings

from app.accounts.models import ApiToken, User
from app.pagecache.backend import Outage

pytestmark = pytest.mark.django_db
RIGHT, WRONG = "a-good-password-7", "a-good-guess-7"
ELSEWHERE = {"REMOTE_ADDR": "192.0.2.7"}


@pytest.fixture
def looked() -> Iterator[list[str]]:
    """Collect the names whose password was looked at in vain."""
    names: list[str] = []

    def listen(sender: object, credentials: dict[str, str], **kwargs: Any) -> None:
        names.append(credentials["username"])

    user_login_failed.connect(listen)
    yield names
    user_login_failed.disconnect(listen)


def try_in(client: Client, password: str, name: str = "rita", **extra: Any) -> Any:
    return client.post("/login/", {"username": name, "password": password}, **extra)


def tries(number: int, client: Client | None = None, **extra: Any) -> list[int]:
    return [try_in(client or Client(), WRONG, **extra).status_code for _ in range(number)]


def minute_passed() -> None:
    """Let go of the counts, as the cache does after a minute."""
    cache.clear()


class TestGuessing:
    def test_is_stopped_by_name_before_the_password_is_looked_at(self, reader: User, looked: list[str]) -> None:
        assert tries(12) == [422] * 10 + [429] * 2
        assert len(looked) == 10
        answer = try_in(Client(), RIGHT, "RITA", **ELSEWHERE)
        assert (answer.status_code, answer["Retry-After"]) == (429, "60")
        assert "Too many attempts. Wait a minute and try again." in answer.content.decode()
        assert len(looked) == 10
        assert try_in(Client(), RIGHT, **ELSEWHERE).status_code == 429
        assert User.objects.get().last_login is None

    def test_is_stopped_by_address_whatever_the_name(self, reader: User, looked: list[str]) -> None:
        assert [try_in(Client(), WRONG, f"name{n}").status_code for n in range(62)] == [422] * 60 + [429] * 2
        assert len(looked) == 60
        assert try_in(Client(), RIGHT).status_code == 429
        assert try_in(Client(), RIGHT, **ELSEWHERE).status_code == 302

    def test_is_counted_together_with_guesses_by_programs(self, reader: User) -> None:
        guess = {"username": "rita", "password": WRONG}
        said = [Client().post("/api/v1/tokens", guess, "application/json").status_code for _ in range(6)]
        assert said + tries(6) == [401] * 6 + [422] * 4 + [429] * 2
        assert Client().post("/api/v1/tokens", guess, "application/json").status_code == 429

    def test_is_not_bought_back_by_tries_without_a_name(self, reader: User) -> None:
        for n in range(60):
            try_in(Client(), WRONG, f"name{n}")
            assert try_in(Client(), WRONG, "").status_code == 422
        assert try_in(Client(), WRONG, "another").status_code == 429

    def test_is_the_same_for_names_that_are_nobodys(self, reader: User) -> None:
        said = [[try_in(Client(), WRONG, name).status_code for _ in range(11)] for name in ("rita", "nobody")]
        assert said == [[422] * 10 + [429]] * 2

    @pytest.mark.covers("C10")
    def test_holds_nobody_up_while_the_cache_is_away(
        self, reader: User, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("app.pagecache.backend.outage", Outage())
        settings.CACHES = {"default": {"BACKEND": "app.pagecache.backend.Cache", "LOCATION": "redis://127.0.0.1:1/0"}}
        assert tries(12) == [422] * 12
        assert try_in(Client(), RIGHT).status_code == 302


class TestTheOwner:
    def test_may_sign_in_as_often_as_there_is_reason_to(self, reader: User) -> None:
        assert [try_in(Client(), RIGHT).status_code for _ in range(70)] == [302] * 70
        right = {"username": "rita", "password": RIGHT}
        assert [Client().post("/api/v1/tokens", right, "application/json").status_code for _ in range(12)] == [201] * 12
        assert tries(11) == [422] * 10 + [429]

    def test_gets_in_a_minute_after_the_last_guess(self, reader: User) -> None:
        tries(20)
        minute_passed()
        assert try_in(Client(), RIGHT).status_code == 302

    def test_gets_in_with_a_browser_of_before_however_long_others_guess(self, reader: User) -> None:
        mine = Client()
        assert try_in(mine, RIGHT).status_code == 302
        mine.post("/logout/")
        tries(70)
        assert try_in(Client(), RIGHT).status_code == 429
        assert try_in(mine, RIGHT).status_code == 302

    def test_may_not_guess_without_end_with_that_browser_either(self, reader: User) -> None:
        mine = Client()
        try_in(mine, RIGHT)
        mine.post("/logout/")
        assert tries(12, mine) == [422] * 10 + [429] * 2

    def test_is_not_known_by_the_browser_of_another(self, reader: User, author: User) -> None:
        others = Client()
        assert try_in(others, RIGHT, "anna").status_code == 302
        others.post("/logout/")
        tries(11)
        assert try_in(others, RIGHT).status_code == 429
        others.cookies["known"] = f"{'x' * 22}:1abcde:{'y' * 43}"
        assert try_in(others, RIGHT).status_code == 429

    def test_is_known_by_a_mark_that_says_nothing_and_goes_to_this_page_alone(self, reader: User) -> None:
        mark = try_in(Client(), RIGHT).cookies["known"]
        assert "rita" not in mark.value
        assert (mark["path"], mark["httponly"], mark["samesite"]) == ("/login/", True, "Lax")
        assert "known" not in try_in(Client(), WRONG).cookies


class TestTheCurrentPassword:
    def test_is_not_guessed_from_an_open_session(self, reader: User) -> None:
        mine = Client()
        mine.force_login(reader)
        _, token = ApiToken.objects.issue(reader)
        new = {"new_password1": "quite another phrase", "new_password2": "quite another phrase"}
        said = [mine.post("/account/password", {**new, "old_password": WRONG}).status_code for _ in range(11)]
        assert said == [422] * 10 + [429]
        answer = mine.post("/account/password", {**new, "old_password": RIGHT})
        assert (answer.status_code, answer["Retry-After"]) == (429, "60")
        assert "Too many attempts. Wait a minute and try again." in answer.content.decode()
        assert ApiToken.objects.resolve(token) == reader
        minute_passed()
        assert mine.post("/account/password", {**new, "old_password": RIGHT}).status_code == 302


class TestTheAdmin:
    def test_is_entered_by_the_door_that_counts(self, client: Client, reader: User) -> None:
        User.objects.create_superuser("root", password=RIGHT)
        door = client.get("/admin/auth/", follow=True)
        assert door.redirect_chain[-1] == ("/login/?next=/admin/auth/", 302)
        form = {"username": "root", "password": RIGHT}
        assert client.post("/admin/login/?next=/admin/", form)["Location"] == "/login/?next=/admin/"
        assert client.get("/admin/").status_code == 302
        assert client.post("/login/", {**form, "next": "/admin/"}, follow=True).status_code == 200
        assert client.get("/admin/login/", follow=True).redirect_chain[-1][0] == "/admin/"

    def test_tells_who_has_no_business_there_and_sends_nobody_round(self, client: Client, reader: User) -> None:
        client.force_login(reader)
        answer = client.get("/admin/", follow=True)
        assert (answer.status_code, len(answer.redirect_chain)) == (403, 1)

    @pytest.mark.parametrize("place", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
    def test_leads_nowhere_else(self, client: Client, place: str) -> None:
        User.objects.create_superuser("root", password=RIGHT)
        door = client.get("/admin/login/", {"next": place})["Location"]
        assert door.startswith("/login/?next=")
        assert client.post(door, {"username": "root", "password": RIGHT})["Location"] == "/"
