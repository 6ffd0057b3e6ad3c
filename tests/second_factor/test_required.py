"""Where the publication asks for a second factor (SECOND_FACTOR_FOR), studio and admin open only with it."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django import Settings

from app.accounts.models import ApiToken, Role, User
from app.second_factor.models import Authenticator
from tests import factories
from tests.second_factor.signing import PASSWORD, SETTINGS, code, enter, signed_in, step, with_app

pytestmark = pytest.mark.django_db


def where(client: Client, path: str, **headers: str) -> str:
    """Return where the page leads; "" where it opens."""
    answer = client.get(path, headers=headers)
    return str(answer.get("Location") or answer.get("HX-Redirect") or "")


@pytest.fixture
def ada(db: None) -> User:
    return User.objects.create_superuser("ada", "ada@example.org", PASSWORD)


class TestWhoIsAsked:
    @pytest.mark.parametrize(
        ("setting", "asked"),
        [("", []), ("administrators", ["ada"]), ("editors", ["ada", "edith"]), ("team", ["ada", "anna", "edith"])],
    )
    def test_follows_the_setting(self, settings: Settings, ada: User, setting: str, asked: list[str]) -> None:
        settings.SECOND_FACTOR_FOR = setting
        people = [ada, *(factories.person(name, role) for name, role in (("anna", Role.AUTHOR), ("edith", Role.EDITOR)))]
        people.append(factories.person("rita"))
        assert sorted(each.username for each in people if each.needs_second_factor) == asked


class TestOneWhoHasNone:
    def test_is_led_to_the_set_up_from_studio_and_admin_and_nowhere_else(self, settings: Settings, ada: User) -> None:
        settings.SECOND_FACTOR_FOR = "administrators"
        mine = Client()
        enter(mine, "ada")
        assert [where(mine, path) for path in ("/studio/", "/admin/", "/studio/team/")] == [SETTINGS] * 3
        assert [where(mine, path) for path in ("/", "/account/", SETTINGS, f"{SETTINGS}app/")] == [""] * 4
        assert where(mine, "/studio/", **{"HX-Request": "true"}) == SETTINGS
        assert "asks you for a second factor" in mine.get(SETTINGS).content.decode()

    def test_gets_no_token(self, settings: Settings, ada: User) -> None:
        settings.SECOND_FACTOR_FOR = "administrators"
        body = {"username": "ada", "password": PASSWORD}
        assert Client().post("/api/v1/tokens", body, "application/json").status_code == 403

    def test_is_refused_with_a_token_of_before(self, settings: Settings, ada: User) -> None:
        _row, token = ApiToken.objects.issue(ada)
        mine = Client(headers={"Authorization": f"Token {token}"})
        assert mine.get("/api/v1/effects").status_code == 200
        settings.SECOND_FACTOR_FOR = "administrators"
        answer = mine.get("/api/v1/effects")
        assert (answer.status_code, "WWW-Authenticate" in answer) == (401, True)
        assert answer.json()["detail"].startswith("Set up a second factor on the site first")
        assert mine.get("/api/v1/posts").status_code == 401


class TestOneWhoHasOne:
    def test_takes_the_second_step_in_a_session_of_before(self, settings: Settings, ada: User) -> None:
        secret = with_app(ada)
        settings.SECOND_FACTOR_FOR = "team"
        mine = signed_in(ada)
        assert where(mine, "/studio/team/") == "/login/code/"
        assert step(mine, code(secret))["Location"] == "/studio/team/"
        assert where(mine, "/studio/team/") == ""

    def test_is_led_to_the_set_up_when_it_is_gone_though_the_session_has_proved_it(self, settings: Settings, ada: User) -> None:
        secret, mine = with_app(ada), Client()
        enter(mine, "ada")
        step(mine, code(secret))
        settings.SECOND_FACTOR_FOR = "team"
        assert where(mine, "/studio/team/") == ""
        Authenticator.objects.all().delete()
        assert where(mine, "/studio/team/") == SETTINGS

    def test_does_not_remove_the_last_one(self, settings: Settings, ada: User) -> None:
        with_app(ada)
        settings.SECOND_FACTOR_FOR = "team"
        answer = signed_in(ada).post(f"{SETTINGS}app/deletion", follow=True)
        assert "Add another one before you remove this one." in answer.content.decode()
        assert Authenticator.objects.exists()
