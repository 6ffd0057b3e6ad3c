"""Texts are compressed on their way; pictures, downloads and what a client has already are not."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from django.test import Client
from pytest_django import Settings

from tests.factories import Publish

pytestmark = pytest.mark.django_db
GZIP = {"accept-encoding": "br;q=0.5, gzip"}
TEXTS = ["/", "/posts/seen/", "/archive/", "/feed.json", "/rss.xml", "/atom.xml", "/sitemap.xml", "/api/v1/posts", "/login/"]


@pytest.fixture
def reader(publish: Publish) -> Client:
    publish("Seen", "Words. " * 200)
    return Client(headers=GZIP)


class TestAText:
    @pytest.mark.parametrize("path", TEXTS)
    def test_is_compressed_for_who_can_read_that(self, reader: Client, path: str) -> None:
        plain, short = Client().get(path), reader.get(path)
        assert plain.status_code == 200
        assert "Content-Encoding" not in plain
        assert short["Content-Encoding"] == "gzip"
        assert int(short["Content-Length"]) == len(short.content) < len(plain.content)
        assert len(gzip.decompress(short.content)) == pytest.approx(len(plain.content), abs=200)
        assert "Accept-Encoding" in plain["Vary"]

    @pytest.mark.parametrize("path", ["/", "/posts/seen/", "/rss.xml"])
    def test_is_not_sent_again_to_who_has_it(self, reader: Client, path: str) -> None:
        tag = reader.get(path)["ETag"]
        assert tag.startswith("W/")
        again = reader.get(path, headers={**GZIP, "if-none-match": tag})
        assert (again.status_code, again.content) == (304, b"")

    def test_has_another_length_each_time(self, reader: Client) -> None:
        """A stranger who measures lengths learns nothing of a secret beside what he put into the page."""
        assert len({len(reader.get("/posts/seen/").content) for _ in range(20)}) > 3


class TestAStyleSheet:
    def test_of_a_checkout_is_compressed_as_an_installation_does_it(self, settings: Settings) -> None:
        settings.WHITENOISE_USE_FINDERS = True
        plain, short = (b"".join(Client(headers=sent).get("/static/afterword.css")) for sent in ({}, GZIP))
        assert gzip.decompress(short) == plain
        assert len(short) < len(plain) / 2

    def test_asked_for_in_part_is_sent_as_it_is(self, settings: Settings) -> None:
        settings.WHITENOISE_USE_FINDERS = True
        answer = Client(headers={**GZIP, "range": "bytes=0-99"}).get("/static/afterword.css")
        assert (answer.status_code, answer.get("Content-Encoding"), len(b"".join(answer))) == (206, None, 100)


class TestAPicture:
    @pytest.mark.parametrize("name", ["a.png", "a.svg", "a.txt"])
    def test_is_sent_as_it_is(self, reader: Client, settings: Settings, tmp_path: Path, name: str) -> None:
        settings.MEDIA_ROOT = tmp_path
        (tmp_path / name).write_bytes(b"a" * 10_000)
        answer = reader.get(f"/media/{name}")
        assert (len(b"".join(answer)), answer.get("Content-Encoding")) == (10_000, None)
