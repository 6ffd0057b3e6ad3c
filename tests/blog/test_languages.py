"""A post has a language: what its page, its feeds, its mail and the API say of it, and where an import has it from."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.test import Client
from lxml import etree

from app.accounts.models import User
from app.blog import languages
from app.blog.models import Post
from app.feeds.building import build
from app.feeds.subjects import of_site
from app.newsletter.letters import post_context
from tests import factories
from tests.factories import Publish

pytestmark = pytest.mark.django_db
XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


class TestATag:
    @pytest.mark.parametrize(
        ("typed", "kept"),
        [
            ("DE", "de"),
            ("pt_br", "pt-BR"),
            ("zh-hant", "zh-Hant"),
            (" fr ", "fr"),
            ("", ""),
            ("es-419", "es-419"),
            ("sr-latn-rs", "sr-Latn-RS"),
        ],
    )
    def test_is_kept_as_it_is_usually_written(self, author: User, typed: str, kept: str) -> None:
        assert factories.write(author, language=typed).language == kept

    @pytest.mark.parametrize("typed", ["english", "d", "de de", "de-", '"><b>', "x" * 36, "日本"])
    def test_is_refused_where_it_is_none(self, author: User, typed: str) -> None:
        with pytest.raises(ValidationError):
            factories.write(author, language=typed)

    def test_is_the_sites_where_a_post_has_none(self, author: User, settings: Any) -> None:
        settings.LANGUAGE_CODE = "nl-be"
        assert factories.write(author).language_tag == "nl-BE"

    def test_is_suggested_with_its_own_name(self) -> None:
        assert ("de", "Deutsch") in languages.suggestions()
        assert ("pt-BR", "Português Brasileiro") in languages.suggestions()


class TestAPost:
    def test_says_its_language_to_readers(self, publish: Publish) -> None:
        post = publish("שלום", "עולם", language="he", excerpt="ש")
        page = Client().get(post.get_absolute_url()).content.decode()
        assert len(re.findall(r'lang="he" dir="rtl"', page)) == 3
        assert json.loads(page.split('application/ld+json">')[1].split("</script>")[0])["inLanguage"] == "he"

    def test_is_a_new_page_when_its_language_changes(self, publish: Publish) -> None:
        post = publish("Titel", "Text")
        before = Client().get(post.get_absolute_url())["ETag"]
        post.revise(language="de")
        page = Client().get(post.get_absolute_url(), headers={"if-none-match": before})
        assert (page.status_code, b'lang="de" dir="ltr"' in page.content) == (200, True)

    def test_says_its_language_in_feeds(self, publish: Publish, settings: Any) -> None:
        settings.LANGUAGE_CODE = "nl"
        publish("Titel", "Text", language="de")
        publish("Titel", "Tekst")
        second, first = json.loads(build(of_site(), "json").body)["items"]
        assert (first["language"], "language" in second) == ("de", False)
        atom = etree.fromstring(build(of_site(), "atom").body)
        assert [each.get(XML_LANG) for each in atom.findall("{*}entry")] == [None, "de"]
        rss = etree.fromstring(build(of_site(), "rss").body)
        assert [each.findtext("{http://purl.org/dc/elements/1.1/}language") for each in rss.iter("item")] == [None, "de"]
        assert rss.findtext("channel/language") == "nl"

    def test_says_its_language_in_mail(self, publish: Publish) -> None:
        assert post_context(publish("Titel", "Text", language="de").pk)["post"].language_tag == "de"


class TestAnImport:
    @pytest.mark.parametrize(
        ("name", "header", "language"),
        [
            ("a.md", "lang: de", "de"),
            ("a.md", "language: pt_BR", "pt-BR"),
            ("a.md", "locale: en_US.UTF-8", "en-US"),
            ("a.md", "lang: not one at all", ""),
            ("index.fr.md", "author: x", "fr"),
        ],
    )
    def test_takes_it_from_the_header_or_the_name(self, tmp_path: Path, name: str, header: str, language: str) -> None:
        file = tmp_path / "content" / "first" / name
        file.parent.mkdir(parents=True)
        (tmp_path / "hugo.toml").write_text("baseURL = 'https://old.example/'\n")
        file.write_text(f"---\ntitle: A\ndate: 2020-01-02\n{header}\n---\nText.\n")
        call_command("import_posts", str(tmp_path), verbosity=0)
        assert Post.objects.get().language == language

    def test_takes_that_of_the_site_where_a_post_says_none(self, tmp_path: Path) -> None:
        (tmp_path / "_config.yml").write_text("title: x\nlang: sv\n")
        (tmp_path / "_posts").mkdir()
        (tmp_path / "_posts" / "2020-01-02-a.md").write_text("---\ntitle: A\n---\nText.\n")
        call_command("import_posts", str(tmp_path), verbosity=0)
        assert Post.objects.get().language == "sv"
