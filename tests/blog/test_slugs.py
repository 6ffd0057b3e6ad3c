"""Addresses of posts and pages in every script."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import quote

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone

from app.accounts.models import User
from app.blog.models import Page, Post
from app.blog.slugs import base_of
from app.blog.tagging import tags_named
from tests import factories

pytestmark = pytest.mark.django_db
ARABIC = "مرحبا-بالعالم"


@pytest.fixture
def author() -> User:
    return factories.person("anna", "author")


class TestATitle:
    @pytest.mark.parametrize(
        ("title", "slug"),
        [
            ("Café: crème à l’été", "cafe-creme-a-lete"),
            ("Smørrebrød und Straße", "smorrebrod-und-strasse"),
            ("Привет, мир", "привет-мир"),
            ("Καλημέρα κόσμε", "καλημέρα-κόσμε"),
            ("日本語の題名", "日本語の題名"),
            ("مرحبا بالعالم", ARABIC),
            ("Из Python", "из-python"),
            ("🎉!", "post"),
        ],
    )
    def test_makes_an_address_that_can_be_read(self, title: str, slug: str) -> None:
        assert base_of(unicodedata.normalize("NFD", title)) == slug

    def test_makes_an_address_that_mail_does_not_break(self) -> None:
        assert len(quote(base_of("слово " * 40))) <= 500


class TestAPost:
    def test_is_at_its_address_however_it_is_typed(self, author: User, client: Client) -> None:
        post = factories.publish(author, "Весенний йогурт")
        assert post.get_absolute_url() == f"/posts/{quote('весенний-йогурт')}/"
        assert client.get(f"/posts/{unicodedata.normalize('NFD', post.slug)}/").status_code == 200

    def test_leads_from_its_old_address_to_the_new_one(self, author: User, client: Client) -> None:
        post = factories.publish(author, "Старое")
        post.revise(slug=unicodedata.normalize("NFD", "й-новое"))
        answer = client.get("/posts/старое/")
        assert (answer.status_code, answer["Location"]) == (301, f"/posts/{quote('й-новое')}/")

    def test_is_linked_in_ascii_by_pages_feeds_and_the_sitemap(self, author: User, client: Client) -> None:
        post = factories.publish(author, "مرحبا بالعالم")
        post.revise(tags=tags_named(["ذكريات"]))
        address = f"/posts/{quote(ARABIC)}/"
        year = f"/archive/{timezone.now().year}/"
        tag = f"/tags/{quote('ذكريات')}/"
        pages = [client.get(path) for path in ("/", post.get_absolute_url(), tag, year, "/sitemap.xml")]
        assert [address in page.content.decode() for page in pages] == [True] * 5
        assert re.search(rf'rel="canonical"\s+href="[^"]*{re.escape(tag)}"', pages[2].content.decode())

    def test_is_refused_what_is_no_slug(self, author: User) -> None:
        with pytest.raises(ValidationError):
            Post.objects.create(title="A", slug="с пробелом", content="", author=author)


class TestAPage:
    def test_is_at_an_address_in_its_script(self, client: Client) -> None:
        page = Page.objects.create(title="من نحن", content="نص", is_public=True)
        assert client.get(page.get_absolute_url()).status_code == 200
        assert client.get(f"/{quote('من-نحن')}")["Location"] == f"/{quote('من-نحن')}/"
