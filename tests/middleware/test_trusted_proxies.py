"""Behind proxies a request comes from whom the outermost of ours says, and from nobody whom the client only claims."""

from __future__ import annotations

import pytest
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from pytest_django import Settings

from app.accounts.rate_limit import address
from app.middleware.trusted_proxies import client_address
from config import env

PROXY = "10.0.0.1"


def comes_from(forwarded: str | None) -> str:
    """Return where the site takes a request to come from that the proxy hands on."""
    seen: list[str] = []

    def view(request: HttpRequest) -> HttpResponse:
        seen.append(address(request))
        return HttpResponse()

    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    client_address(view)(RequestFactory(REMOTE_ADDR=PROXY, headers=headers).get("/"))
    return seen.pop()


class TestBehindOneProxy:
    @pytest.fixture(autouse=True)
    def _one(self, settings: Settings) -> None:
        settings.TRUSTED_PROXIES = 1

    @pytest.mark.parametrize("caller", ["192.0.2.7", "2001:db8::7"])
    def test_comes_from_whom_the_proxy_saw(self, caller: str) -> None:
        assert comes_from(caller) == caller

    def test_does_not_come_from_whom_the_client_names(self) -> None:
        assert comes_from("203.0.113.1, 192.0.2.7") == "192.0.2.7"

    @pytest.mark.parametrize("nobody", [None, "", "unknown", "192.0.2.7, ", "192.0.2.7\x00", "1" * 5000])
    def test_comes_from_the_proxy_where_that_names_nobody(self, nobody: str | None) -> None:
        assert comes_from(nobody) == PROXY


class TestBehindTwo:
    def test_comes_from_whom_the_outer_one_saw(self, settings: Settings) -> None:
        settings.TRUSTED_PROXIES = 2
        assert comes_from("203.0.113.1, 192.0.2.7, 10.0.0.2") == "192.0.2.7"
        assert comes_from("192.0.2.7") == PROXY


class TestBehindNone:
    def test_the_header_is_not_looked_at(self, settings: Settings) -> None:
        settings.TRUSTED_PROXIES = 0
        with pytest.raises(MiddlewareNotUsed):
            client_address(lambda request: HttpResponse())


class TestTheEnvironment:
    def test_says_how_many(self) -> None:
        assert env.read({}).trusted_proxies == 0
        assert env.read({"TRUSTED_PROXIES": "2"}).trusted_proxies == 2

    @pytest.mark.parametrize("wrong", ["yes", "-1", "10", "1.5"])
    def test_is_refused_where_it_is_no_such_number(self, wrong: str) -> None:
        with pytest.raises(SystemExit, match=r"TRUSTED_PROXIES: .* is not a number from 0 to 9"):
            env.read({"TRUSTED_PROXIES": wrong})
