"""What a request says of itself is in no page that others get from the cache."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest
from django.core.cache import cache
from django.test import Client
from gunicorn.config import Config
from gunicorn.http.parser import RequestParser

from tests.factories import person, publish

pytestmark = pytest.mark.django_db

# What gunicorn and Django read, and what proxies set.
NAMES = [
    "SCRIPT_NAME", "HTTP_SCRIPT_NAME", "HTTP_X_SCRIPT_NAME", "HTTP_X_FORWARDED_PREFIX", "HTTP_X_FORWARDED_HOST",
    "HTTP_X_FORWARDED_PORT", "HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_PROTOCOL", "HTTP_X_FORWARDED_SSL",
    "HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_X_REAL_IP", "HTTP_X_HTTP_METHOD_OVERRIDE", "HTTP_X_ORIGINAL_URL",
    "HTTP_X_REWRITE_URL", "HTTP_X_REQUESTED_WITH", "HTTP_REFERER", "HTTP_ORIGIN", "HTTP_ACCEPT_LANGUAGE", "HTTP_USER_AGENT",
    "HTTP_COOKIE", "SCRIPT_URL", "REDIRECT_URL", "HTTP_VIA", "HTTP_CF_CONNECTING_IP", "SERVER_PORT",
]  # fmt: skip
PAGES = [
    "/",
    "/archive/",
    "/authors/ann/",
    "/sitemap.xml",
    "/rss.xml",
    "/atom.xml",
    "/feed.json",
    "/posts/on-engines/",
    "/robots.txt",
]


@pytest.fixture(autouse=True)
def _post() -> None:
    publish(person("ann", "author"), "On engines")


def check(page: str, *names: str) -> None:
    """Assert that a page which is first asked for with these headers is as one that was asked for without."""
    cache.clear()
    clean = Client().get(page)
    cache.clear()
    Client().get(page, **{name: "8443" if name == "SERVER_PORT" else "/evil.example" for name in names})
    after = Client().get(page)
    assert (after.status_code, after.content) == (clean.status_code, clean.content)
    assert b"evil" not in after.content


@pytest.mark.parametrize("page", PAGES)
class TestHeaders:
    def test_are_in_no_page_that_the_next_reader_gets(self, page: str) -> None:
        check(page, *NAMES)


@pytest.mark.slow
@pytest.mark.parametrize("page", ["/", "/rss.xml", "/posts/on-engines/"])
@pytest.mark.parametrize("name", NAMES)
class TestAHeaderAlone:
    def test_is_in_no_page_either(self, page: str, name: str) -> None:
        check(page, name)


class TestTheServer:
    @pytest.mark.parametrize("name", ["SCRIPT_NAME", "script_name", "PATH_INFO", "Script_Name"])
    def test_takes_no_clients_header_for_its_own_word(self, name: str) -> None:
        configured = runpy.run_path(str(Path(__file__).parents[2] / "config" / "gunicorn.py"))
        server = Config()
        for key, value in configured.items():
            if key in server.settings:
                server.set(key, value)
        sent = f"GET / HTTP/1.1\r\nHost: localhost\r\n{name}: /evil\r\nX-Kept: yes\r\n\r\n".encode()
        [request] = [next(RequestParser(server, iter([sent]), ("127.0.0.1", 4711)))]
        assert [header for header, _ in request.headers] == ["HOST", "X-KEPT"]
