"""What other programs read of a page: description, OpenGraph, structured data, the map of the site."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from lxml import etree, html
from pytest_django import Settings

from app.accounts.models import User
from app.blog.models import Category, Media, Tag
from tests import factories
from tests.factories import Publish

pytestmark = pytest.mark.django_db
SITE = "http://127.0.0.1:8000"
YEAR = timezone.now().year
PAGES = ("/", "/archive/", f"/archive/{YEAR}/", "/authors/anna/", "/categories/essays/", "/tags/web/", "/posts/a-slower-web/")


def meta(path: str) -> dict[str, str]:
    """Return what the page says of itself, by name; each once."""
    page = html.document_fromstring(Client().get(path).content)
    found = [(each.get("name") or each.get("property"), each.get("content")) for each in page.xpath("//head/meta")]
    names = [name for name, _ in found if name and name.startswith(("og:", "description", "twitter:"))]
    assert len(names) == len(set(names))
    return dict(found)


def structured(path: str) -> dict[str, Any]:
    page = html.document_fromstring(Client().get(path).content)
    data: dict[str, Any] = json.loads(page.xpath("//script[@type='application/ld+json']/text()")[0])
    return data


@pytest.fixture(autouse=True)
def _site(write: Publish, settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path
    essays = Category.objects.create(name="Essays", slug="essays")
    Category.objects.create(name="Empty", slug="empty")
    Tag.objects.create(name="unused", slug="unused")
    write("A slower web", category=essays).tags.add(Tag.objects.create(name="web", slug="web"))
    write("Not yet", public=False).tags.add(Tag.objects.create(name="secret", slug="secret"))


class TestAPage:
    @pytest.mark.parametrize("path", PAGES)
    def test_describes_itself_and_has_a_picture(self, path: str) -> None:
        said = meta(path)
        assert said["description"]
        assert said["og:description"] == said["description"]
        assert said["og:title"]
        assert said["og:url"] == SITE + path
        assert said["og:image"].startswith(f"{SITE}/")
        assert said["og:image:alt"]
        assert (said["og:image:width"], said["og:image:height"]) == ("1200", "630")
        with closing(Client().get(said["og:image"].removeprefix(SITE))) as picture:
            assert picture.status_code == 200
        assert said["twitter:card"] == "summary_large_image"

    def test_describes_an_author_by_what_they_say(self, author: User) -> None:
        assert meta("/authors/anna/")["description"] == "Posts by anna on Afterword."
        author.profile.bio = "Writes *slowly* & well."
        author.profile.save()
        assert meta("/authors/anna/")["description"] == "Writes slowly & well."

    def test_describes_a_category_by_its_own_words(self) -> None:
        assert meta("/categories/essays/")["description"] == "Posts in Essays on Afterword."
        Category.objects.filter(slug="essays").update(description="Long ones.")
        assert meta("/categories/essays/")["description"] == "Long ones."


class TestAPost:
    def test_is_complete_in_structured_data(self) -> None:
        said = structured("/posts/a-slower-web/")
        assert said["@type"] == "BlogPosting"
        assert said["headline"] == "A slower web"
        assert said["mainEntityOfPage"] == {"@type": "WebPage", "@id": f"{SITE}/posts/a-slower-web/"}
        assert said["author"]["url"] == f"{SITE}/authors/anna/"
        assert said["image"]["url"].startswith(f"{SITE}/static/card")
        assert said["publisher"]["logo"]["url"].startswith(f"{SITE}/static/logo")
        assert said["dateModified"] >= said["datePublished"]
        assert said["articleSection"] == "Essays"
        assert said["inLanguage"] == "en"

    def test_shows_its_cover(self, write: Publish, author: User) -> None:
        cover = Media.objects.store(factories.image(size=(1600, 900)), author, alt="Red")
        write("Covered", cover=cover)
        said = meta("/posts/covered/")
        assert (said["og:image"], said["og:image:alt"], said["og:image:width"]) == (SITE + cover.url, "Red", "1600")
        assert structured("/posts/covered/")["image"] == {
            "@type": "ImageObject",
            "url": SITE + cover.url,
            "width": 1600,
            "height": 900,
        }


class TestTheSitemap:
    def test_lists_every_public_page_and_no_other(self) -> None:
        root = etree.fromstring(Client().get("/sitemap.xml").content)
        found = {each.findtext("{*}loc"): each.findtext("{*}lastmod") for each in root}
        paths = ("/", "/archive/", "/posts/a-slower-web/", "/authors/anna/", "/categories/essays/", "/tags/web/")
        assert set(found) == {SITE + path for path in paths}
        assert all(found.values())
