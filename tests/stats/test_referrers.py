"""The host of the site that linked here, and nothing else of its address."""

from __future__ import annotations

import pytest
from pytest_django import Settings

from app.blog.models import Post
from app.stats import page_views
from app.stats.models import View
from app.stats.referrers import referrer
from tests.stats.requests import get


class TestAReferrer:
    @pytest.mark.parametrize(
        ("header", "host"),
        [
            ("https://news.example.com/item?id=1&user=eve#top", "news.example.com"),
            ("https://WWW.Example.COM:8443/", "example.com"),
            ("android-app://com.google.android.gm/", "com.google.android.gm"),
            ("https://xn--bcher-kva.example/", "xn--bcher-kva.example"),
            ("https://user:secret@example.net/", "example.net"),
            ("https://example.net./", "example.net"),
        ],
    )
    def test_is_a_host(self, header: str, host: str) -> None:
        assert referrer(get(Referer=header)) == host

    @pytest.mark.parametrize(
        "header",
        ["", "https://blog.example.org/posts/1/", "http://www.blog.example.org/", "http://testserver/", "http://203.0.113.5/x",
         "http://[::1]/", "http://[", "nonsense", "https://localhost/", "https://<b>.example/",
         "https://" + "a" * 300 + ".org/", "https://exa mple.com/", "https://example.com\x00.net/", "https://-.example/"],
    )  # fmt: skip
    def test_is_none_of_our_own_pages_and_of_nonsense(self, header: str, settings: Settings) -> None:
        settings.SITE_URL = "https://blog.example.org"
        request = get(Referer=header)
        request.META["HTTP_HOST"] = "testserver"
        assert referrer(request) == ""

    @pytest.mark.django_db
    def test_is_kept_with_the_view(self, post: Post, buffer: page_views.Buffer) -> None:
        page_views.see(get("203.0.113.1", Referer="https://example.com/secret/page?q=me"), post)
        page_views.see(get("203.0.113.2"), post)
        buffer.flush()
        assert sorted(View.objects.values_list("referrer", flat=True)) == ["", "example.com"]
