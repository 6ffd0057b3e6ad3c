"""Signing in as a program."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from pytest_django import Settings

from app.accounts.models import ApiToken, User
from app.pagecache.backend import Outage
from tests.api.client import Program, person, program_of

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery"


@pytest.fixture
def tess(db: None) -> User:
    user = person("tess", "author")
    user.set_password(PASSWORD)
    user.save()
    return user


class TestSigningIn:
    def test_gives_a_token_that_both_schemes_take(self, tess: User, anybody: Program) -> None:
        answer = anybody.post("/tokens", {"username": "tess", "password": PASSWORD, "name": "laptop"})
        assert (answer.status, answer.json["name"]) == (201, "laptop")
        for scheme in ("Token", "Bearer", "bearer"):
            assert Program(answer.json["token"], scheme).get("/sends").status == 200

    @pytest.mark.parametrize(
        "body",
        [
            {"username": "tess", "password": "wrong"},
            {"username": "nobody", "password": PASSWORD},
            {"username": "te\x00ss", "password": PASSWORD},
            {"username": "tess", "password": ""},
        ],
    )
    def test_tells_every_wrong_pair_the_same(self, tess: User, anybody: Program, body: dict[str, str]) -> None:
        answer = anybody.post("/tokens", body)
        assert (answer.status, answer.json) == (401, {"detail": "The name or the password is wrong.", "fields": {}})

    def test_is_closed_to_those_who_were_switched_off(self, tess: User, anybody: Program) -> None:
        User.objects.filter(pk=tess.pk).update(is_active=False)
        assert anybody.post("/tokens", {"username": "tess", "password": PASSWORD}).status == 401

    def test_is_slowed_down_by_name(self, tess: User, anybody: Program) -> None:
        cache.clear()
        statuses = [anybody.post("/tokens", {"username": "tess", "password": "guess"}).status for _ in range(12)]
        assert statuses == [401] * 10 + [429] * 2
        assert anybody.post("/tokens", {"username": "TESS", "password": PASSWORD}).headers["Retry-After"] == "60"

    def test_works_with_the_cache_away(
        self, tess: User, anybody: Program, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("app.pagecache.backend.outage", Outage())
        settings.CACHES = {"default": {"BACKEND": "app.pagecache.backend.Cache", "LOCATION": "redis://127.0.0.1:1/0"}}
        assert anybody.post("/tokens", {"username": "tess", "password": PASSWORD}).status == 201


class TestToken:
    @pytest.mark.parametrize("token", ["", "wrong", "aw_" + "x" * 43, "\xff\xfe", "a b c"])
    def test_that_is_not_valid_is_refused(self, anybody: Program, token: str) -> None:
        answer = Program(token or "x", "Token" if token else "Basic").get("/posts")
        assert (answer.status, answer.headers["WWW-Authenticate"]) == (401, 'Bearer realm="api"')

    def test_ends_when_its_owner_says_so(self, tess: User) -> None:
        program = program_of(tess)
        assert program.delete("/tokens/current").status == 204
        assert program.get("/sends").status == 401
        assert ApiToken.objects.filter(user=tess, revoked_at=None).count() == 0

    def test_ends_with_its_owner(self, tess: User) -> None:
        program = program_of(tess)
        User.objects.filter(pk=tess.pk).update(is_active=False)
        assert program.get("/posts").status == 401

    def test_is_the_only_way_in_so_that_a_cookie_cannot_act(self, tess: User, anybody: Program) -> None:
        anybody.client.force_login(tess)
        assert anybody.post("/posts", {"title": "By cookie"}).status == 401
