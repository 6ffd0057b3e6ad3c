"""Signing in with a provider: who gets in, and which answers of the provider are refused."""

from __future__ import annotations

import logging
import time
from contextlib import ExitStack
from typing import Any

import httpx
import pytest
from django.core.cache import cache
from django.test import Client
from pytest_django import Settings

from app.accounts.models import User
from app.accounts.rate_limit import alone
from app.openid.models import Identity
from app.openid.provider import cache_key
from tests.openid.flow import CALLBACK, back_from, go, leave, linked, query_of, said
from tests.openid.provider import Provider
from tests.second_factor.signing import code, step, who, with_app

pytestmark = pytest.mark.django_db
FAILED = "Going through Example ID did not work."
UNKNOWN = "This Example ID account opens no account here."


class TestTheButton:
    def test_is_there_where_a_provider_is_set(self, provider: Provider, settings: Settings) -> None:
        assert "Sign in with Example ID" in Client().get("/login/").content.decode()
        settings.OIDC_ISSUER = ""
        assert "openid" not in Client().get("/login/").content.decode()
        assert [Client().post("/login/openid/").status_code, Client().get(CALLBACK).status_code] == [404, 404]

    def test_asks_with_a_challenge_a_state_and_a_nonce_of_its_own(self, provider: Provider) -> None:
        asked = [query_of(leave(Client())) for _ in range(2)]
        assert asked[0]["redirect_uri"] == "http://testserver" + CALLBACK
        for name in ("state", "nonce", "code_challenge"):
            assert len({each[name] for each in asked}) == 2
            assert all(len(each[name]) >= 43 for each in asked)

    def test_is_pressed_sixty_times_a_minute_at_most(self, provider: Provider, settings: Settings) -> None:
        settings.OIDC_ISSUER = "http://127.0.0.1:9"  # a port that is never called
        statuses = [Client().post("/login/openid/").status_code for _ in range(62)]
        assert statuses == [302] * 60 + [429] * 2


class TestOneWhoIsLinked:
    def test_gets_in_and_goes_where_they_were_going(self, provider: Provider, reader: User) -> None:
        linked(reader, provider)
        client = Client()
        answer = client.get(back_from(leave(client, next="/account/")), follow=True)
        assert answer.redirect_chain == [("/account/", 302)]
        assert "Signed in as rita" in answer.content.decode()
        assert Identity.objects.get().last_used_at is not None

    def test_has_the_session_keep_nothing_large_and_nothing_for_a_provider_that_is_away(
        self, provider: Provider, reader: User
    ) -> None:
        client = Client()
        leave(client, next="/" + "x" * 2_000)
        assert client.session["openid"]["next"] == ""
        provider.issuer, client = "http://another", Client()
        cache.clear()
        client.post("/login/openid/", {"next": "/account/"})
        assert "openid" not in client.session

    def test_goes_to_no_other_site(self, provider: Provider, reader: User) -> None:
        linked(reader, provider)
        assert go(Client(), next="https://evil.example/")["Location"] == "/"
        assert go(Client(), next="//evil.example/")["Location"] == "/"

    def test_is_found_by_subject_and_never_by_address(self, provider: Provider, reader: User) -> None:
        linked(reader, provider)
        provider.person = {"sub": "sub-2", "email": reader.email, "email_verified": True}
        client = Client()
        assert UNKNOWN in said(client, go(client))
        assert who(client) == ""

    def test_is_answered_the_same_when_the_account_is_closed(self, provider: Provider, reader: User) -> None:
        clients = Client(), Client()
        unknown = go(clients[0])
        linked(reader, provider)
        reader.deactivate()
        closed = go(clients[1])
        assert (closed.status_code, closed["Location"]) == (unknown.status_code, unknown["Location"])
        assert UNKNOWN in said(clients[0], unknown)
        assert UNKNOWN in said(clients[1], closed)
        assert who(clients[1]) == ""

    def test_takes_the_second_step_unless_the_provider_did(self, provider: Provider, reader: User, settings: Settings) -> None:
        linked(reader, provider)
        secret, client = with_app(reader), Client()
        provider.claims = {"amr": ["pwd", "mfa"]}
        assert go(client)["Location"] == "/login/code/"
        assert who(client) == ""
        assert step(client, code(secret)).status_code == 302
        assert who(client) == "rita"
        settings.OIDC_SECOND_FACTOR = ("mfa",)
        client = Client()
        assert go(client)["Location"] == "/"
        assert who(client) == "rita"
        provider.claims = {"amr": ["pwd"]}
        assert go(Client())["Location"] == "/login/code/"

    def test_opens_the_studio_where_the_provider_asked_for_two_factors(
        self, provider: Provider, author: User, settings: Settings
    ) -> None:
        linked(author, provider)
        settings.SECOND_FACTOR_FOR = "team"
        client = Client()
        go(client)
        assert client.get("/studio/")["Location"] == "/account/second-factor/"
        settings.OIDC_SECOND_FACTOR = ("always",)
        client = Client()
        go(client)
        assert client.get("/studio/", follow=True).request["PATH_INFO"].startswith("/studio/")
        settings.OIDC_SECOND_FACTOR = ()  # the provider is not trusted with that any more
        assert client.get("/studio/")["Location"] == "/account/second-factor/"


def change(**claims: Any) -> Any:
    return lambda provider: provider.claims.update(claims)


HOSTILE = {
    "a wrong nonce": change(nonce="another"),
    "no nonce": change(nonce=None),
    "for another client": change(aud="another"),
    "for us among others, by another": change(aud=["afterword", "another"], azp="another"),
    "of another issuer": change(iss="https://evil.example"),
    "expired": change(exp=int(time.time()) - 120),
    "without an end": change(exp=None),
    "of the future": change(iat=int(time.time()) + 3600),
    "without a subject": change(sub=None),
    "with a subject that is a number": change(sub=7),
    "with a subject that is too long": change(sub="s" * 256),
    "with the hash of another access token": change(at_hash="AAAAAAAAAAAAAAAAAAAAAA"),
    "without a signature": lambda provider: setattr(provider, "signed", provider.not_sign),
    "signed by a stranger": lambda provider: setattr(provider, "signed", provider.sign_with_another_key),
    "signed with the public key": lambda provider: setattr(provider, "signed", provider.sign_with_the_public_key),
    "that is none": lambda provider: setattr(provider, "signed", lambda claims: "nonsense"),
}


class TestAnIdToken:
    @pytest.mark.parametrize("how", HOSTILE)
    def test_is_refused(self, how: str, provider: Provider, reader: User, caplog: pytest.LogCaptureFixture) -> None:
        linked(reader, provider)
        HOSTILE[how](provider)
        client = Client()
        assert FAILED in said(client, go(client))
        assert who(client) == ""
        [refused] = [record for record in caplog.records if record.message == "sign_in.refused"]
        assert vars(refused)["reason"] in {"id token", "subject"}


class TestAnAnswer:
    def test_counts_once(self, provider: Provider, reader: User) -> None:
        linked(reader, provider)
        client = Client()
        back = back_from(leave(client))
        client.get(back)
        assert who(client) == "rita"
        client.logout()
        assert FAILED in said(client, client.get(back))

    def test_of_another_session_signs_no_one_in(self, provider: Provider, reader: User) -> None:
        linked(reader, provider)
        mine, theirs = Client(), Client()
        own = back_from(leave(mine))
        assert FAILED in said(theirs, theirs.get(own))
        leave(theirs)
        assert FAILED in said(theirs, theirs.get(own))
        assert who(theirs) == ""
        mine.get(CALLBACK, {"state": "guessed", "code": "x"})
        mine.get(own)
        assert who(mine) == "rita"  # the guess has not ended what was under way

    def test_with_the_code_of_another_session_is_refused(self, provider: Provider, reader: User) -> None:
        """The code was asked for with another challenge."""
        linked(reader, provider)
        client = Client()
        stolen, own = query_of(back_from(leave(Client()))), query_of(back_from(leave(client)))
        assert FAILED in said(client, client.get(CALLBACK, {**own, "code": stolen["code"]}))
        assert who(client) == ""

    def test_after_ten_minutes_is_refused(self, provider: Provider, reader: User) -> None:
        linked(reader, provider)
        client = Client()
        back, session = back_from(leave(client)), client.session
        session["openid"] = {**session["openid"], "began": time.time() - 601}
        session.save()
        assert FAILED in said(client, client.get(back))

    def test_of_another_issuer_is_refused(self, provider: Provider, reader: User) -> None:
        linked(reader, provider)
        provider.discovery = {"authorization_response_iss_parameter_supported": True}
        for other in ({"iss": "https://evil.example"}, {}):
            client = Client()
            own = query_of(back_from(leave(client)))
            del own["iss"]
            assert FAILED in said(client, client.get(CALLBACK, own | other))

    def test_that_denies_asks_for_no_token(self, provider: Provider) -> None:
        client = Client()
        state = query_of(leave(client))["state"]
        assert FAILED in said(client, client.get(CALLBACK, {"state": state, "error": "access_denied"}))
        assert "/token" not in provider.asked


BAD_KEYS = ["x", {"kty": "EC", "crv": "P-999", "x": "AA", "y": "AA"}, {"kty": "RSA", "n": 7, "e": "AQAB"}, {"kty": []}]
ODD = {
    "tokens that never expire": lambda provider: provider.tokens.update(expires_in=float("inf")),
    "no ID token": lambda provider: provider.tokens.update(id_token=None),
    "a redirect": lambda provider: setattr(provider, "token", lambda *asked: (307, {})),
    "a list of keys that is none": lambda provider: setattr(provider, "keys", {"keys": 7}),
    "an answer that is too long": lambda provider: provider.tokens.update(more="x" * 2**20),
}


class TestTheProvider:
    @pytest.mark.parametrize("how", ODD)
    def test_lets_no_one_in_with_an_odd_answer(self, how: str, provider: Provider, reader: User) -> None:
        linked(reader, provider)
        ODD[how](provider)
        client = Client()
        assert FAILED in said(client, go(client))
        assert who(client) == ""

    def test_may_have_keys_that_cannot_be_used(self, provider: Provider, reader: User) -> None:
        linked(reader, provider)
        provider.other_keys, client = BAD_KEYS, Client()
        go(client)
        assert who(client) == "rita"

    def test_is_asked_once_for_its_document_and_again_for_the_keys_when_they_changed(
        self, provider: Provider, reader: User
    ) -> None:
        linked(reader, provider)
        go(Client())
        provider.current, client = "next", Client()
        go(client)
        assert who(client) == ""  # its keys were fetched a moment ago
        cache.delete(cache_key("fetched", f"{provider.issuer}/keys"))
        go(client)
        assert who(client) == "rita"
        assert [provider.asked.count(path) for path in ("/.well-known/openid-configuration", "/keys")] == [1, 2]

    def test_is_left_alone_when_it_does_not_answer(self, provider: Provider, settings: Settings) -> None:
        settings.OUTBOUND_ALLOW = ()
        client = Client()
        for _ in range(3):
            client.post("/login/openid/")
        settings.OUTBOUND_ALLOW = ("127.0.0.0/8",)
        assert FAILED in said(client, client.post("/login/openid/"))
        assert provider.asked == []

    def test_that_goes_away_meanwhile_signs_no_one_in(self, provider: Provider, settings: Settings) -> None:
        client = Client()
        back = back_from(leave(client))
        settings.OUTBOUND_ALLOW = ()
        assert FAILED in said(client, client.get(back))

    def test_keeps_three_requests_of_one_sender_waiting_at_most(self, provider: Provider) -> None:
        with ExitStack() as others:
            for _ in range(3):
                assert others.enter_context(alone("openid", "127.0.0.1", places=3))
            assert [Client().post("/login/openid/").status_code, Client().get(CALLBACK).status_code] == [429, 429]
        assert Client().post("/login/openid/").status_code == 200


class TestTheDiscovery:
    @pytest.mark.parametrize(
        "document",
        [
            {"issuer": "https://evil.example"},
            {"authorization_endpoint": "javascript:alert(1)"},
            {"token_endpoint": 7},
            {"jwks_uri": "https://[x"},
        ],
    )
    def test_is_refused(self, document: dict[str, Any], provider: Provider) -> None:
        provider.discovery = document
        client = Client()
        assert FAILED in said(client, client.post("/login/openid/"))

    def test_is_asked_of_no_inner_address_that_the_operator_did_not_allow(self, provider: Provider, settings: Settings) -> None:
        settings.OUTBOUND_ALLOW = ()
        client = Client()
        assert FAILED in said(client, client.post("/login/openid/"))
        assert provider.asked == []


class TestTheLog:
    def test_has_each_sign_in_and_no_name_code_or_address(
        self, provider: Provider, reader: User, caplog: pytest.LogCaptureFixture
    ) -> None:
        linked(reader, provider)
        caplog.set_level(logging.INFO, "sign_in")
        go(Client())
        provider.claims = {"nonce": "another"}
        go(Client())
        for password in ("a-good-password-7", "wrong-7-password"):
            Client().post("/login/", {"username": "rita", "password": password})
        Client().post("/api/v1/tokens", {"username": "rita", "password": "x"}, content_type="application/json")
        lines = [record for record in caplog.records if record.name == "sign_in"]
        seen = [(line.message, vars(line).get("reason", ""), vars(line)["by"], vars(line)["user"]) for line in lines]
        assert seen == [
            ("sign_in.accepted", "", "openid_callback", reader.pk),
            ("sign_in.refused", "id token", "openid_callback", None),
            ("sign_in.accepted", "", "login", reader.pk),
            ("sign_in.refused", "password", "login", reader.pk),
            ("sign_in.refused", "password", "api:sign_in", reader.pk),
        ]
        text = " ".join(str(vars(line)) for line in lines)
        assert not any(each in text for each in ("rita", "wrong-7", "sub-1", "example.org"))


def test_the_provider_of_these_tests_checks_the_challenge(provider: Provider) -> None:
    back = query_of(back_from(leave(Client())))
    form = {"code": back["code"], "code_verifier": "another", "redirect_uri": "x"}
    assert httpx.post(f"{provider.issuer}/token", data=form, auth=("afterword", "a secret of the client")).status_code == 400
