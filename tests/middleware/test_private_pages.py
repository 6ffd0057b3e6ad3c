"""What a shared cache may keep, and what it may not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from pytest_django import Settings

from app.accounts.models import User
from tests.factories import Publish

pytestmark = pytest.mark.django_db
NAME = "images/ab/" + "ab" * 32 + ".png"
VARIANT = "variants/ab/" + "ab" * 32 + "/640-" + "0a" * 8 + ".webp"
FOR_EVER = "max-age=31536000, immutable"


def addresses(resolver: URLResolver, before: str = "") -> Iterator[str]:
    """Return every address of the site that has no variable part, but for the admin's."""
    for pattern in resolver.url_patterns:
        path = before + str(pattern.pattern).lstrip("^").rstrip("$").replace("\\Z", "")
        if isinstance(pattern, URLPattern):
            if not re.search(r"[<(\\?]", path):
                yield f"/{path}"
        elif path != "admin/":
            yield from addresses(pattern, path)


ADDRESSES = sorted(set(addresses(get_resolver())))


class TestEveryPage:
    @pytest.mark.parametrize("signed_in", [False, True])
    def test_says_whether_it_may_be_kept_and_never_a_cookie(self, author: User, publish: Publish, signed_in: bool) -> None:
        publish("Seen")
        assert len(ADDRESSES) > 40
        for path in [*ADDRESSES, "/posts/seen/", "/nowhere/"]:
            client = Client()
            if signed_in:
                client.force_login(author)
            answer = client.get(path)
            assert answer.headers.get("Cache-Control") or answer.status_code in {301, 308}, path
            if answer.cookies:
                assert "private" in answer["Cache-Control"], path
                assert "public" not in answer["Cache-Control"], path


class TestAFormWithAToken:
    @pytest.mark.parametrize("path", ["/subscribe/", "/join/", "/login/", "/password/"])
    def test_is_private_also_when_the_cookie_is_there_already(self, client: Client, path: str) -> None:
        first, second = client.get(path), client.get(path)
        assert first.cookies
        for answer in (first, second):
            assert "private" in answer["Cache-Control"]
            assert "public" not in answer["Cache-Control"]


class TestTheApi:
    def test_is_kept_by_no_shared_cache_and_varies_with_the_token(self, client: Client, publish: Publish) -> None:
        publish("Seen")
        for path in ("/api/v1/posts", "/api/v1/posts/1", "/api/v1/nowhere", "/api/v1/me"):
            answer = client.get(path)
            assert "private" in answer["Cache-Control"], path
        assert "Authorization" in client.get("/api/v1/posts")["Vary"]


class TestAPicture:
    @pytest.mark.parametrize(("name", "kept"), [(NAME, FOR_EVER), (VARIANT, FOR_EVER), ("other.png", "max-age=3600")])
    def test_is_kept_for_as_long_as_it_stays(self, settings: Settings, tmp_path: Path, name: str, kept: str) -> None:
        settings.MEDIA_ROOT, client = tmp_path, Client()
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"a picture")
        answer = client.get(f"/media/{name}")
        assert (b"".join(answer), answer["Cache-Control"]) == (b"a picture", f"public, {kept}")
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
