"""Which language who sees: readers the publication's, a writer their own; and no cache mixes them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.template import Context, Template
from django.test import Client, RequestFactory
from django.utils import translation

from app.accounts.models import Role, User
from app.notices.kinds.like import LikeNotice
from app.notices.letters import letter
from app.notices.models import Notice
from app.site import languages
from app.site.current import change
from app.web.conditional_get import digest
from tests import factories

pytestmark = pytest.mark.django_db
MANY = 1234567
Speak = Callable[[str], None]


@pytest.fixture
def writer() -> User:
    return factories.person("wanda", Role.AUTHOR, email="wanda@example.org")


@pytest.fixture
def in_language(settings: Any) -> Speak:
    """Return a function that sets the language of the publication."""
    return lambda code: setattr(settings, "SITE_OVERRIDES", {"language": code})


def html_of(client: Client, path: str) -> str:
    return client.get(path).content.decode()


class TestAPage:
    @pytest.mark.parametrize(("code", "direction"), [("de", "ltr"), ("ar", "rtl"), ("he", "rtl")])
    def test_says_language_and_direction(self, client: Client, in_language: Speak, code: str, direction: str) -> None:
        in_language(code)
        assert f'<html lang="{code}" dir="{direction}">' in html_of(client, "/")

    def test_of_readers_has_the_publications_language_whoever_reads(self, client: Client, writer: User) -> None:
        writer.speak("de")
        client.force_login(writer)
        assert '<html lang="en" dir="ltr">' in html_of(client, "/")

    @pytest.mark.parametrize("path", ["/studio/", "/account/"])
    def test_of_ones_own_has_the_language_one_chose(self, client: Client, writer: User, path: str) -> None:
        client.force_login(writer)
        client.post("/account/language", {"language": "ar"})
        assert '<html lang="ar" dir="rtl">' in html_of(client, path)
        client.post("/account/language", {"language": ""})
        assert '<html lang="en" dir="ltr">' in html_of(client, path)

    def test_does_not_take_a_language_without_translation(self, client: Client, writer: User) -> None:
        client.force_login(writer)
        client.post("/account/language", {"language": "nl"})
        writer.refresh_from_db()
        assert writer.language == ""

    def test_is_kept_apart_by_language(self) -> None:
        """The settings may change between the choice of a request's language and the look into the cache."""
        names = set()
        for code in ("en", "de"):
            with translation.override(code):
                names.add(digest(RequestFactory().get("/"), ()))
        assert len(names) == 2

    def test_writes_dates_as_its_language_does(self, client: Client, writer: User, in_language: Speak) -> None:
        post = factories.publish(writer)
        in_language("de")
        assert f"{post.published_at:%-d}. " in html_of(client, post.get_absolute_url())


class TestANumber:
    @pytest.mark.parametrize(("code", "text"), [("en", "1,234,567"), ("de", "1.234.567")])
    def test_has_separators_where_people_read_it(self, code: str, text: str) -> None:
        with translation.override(code):
            assert Template("{{ n }}").render(Context({"n": MANY})) == text


class TestAnEmail:
    def test_has_the_language_of_who_gets_it(self, writer: User, in_language: Speak) -> None:
        in_language("de")
        post, fan = factories.publish(writer), factories.person("fan")
        notice = Notice.objects.owe(writer, LikeNotice, "post", post_id=post.pk, actor_id=fan.pk)
        assert notice
        assert '<html lang="de" dir="ltr">' in letter(notice, []).html
        writer.speak("ar")
        notice.recipient.refresh_from_db()
        mail = letter(notice, [])
        assert '<html lang="ar" dir="rtl">' in mail.html
        assert mail.subject != f"fan likes “{post.title}”"


class TestAChange:
    def test_of_the_language_is_seen_at_once(self, client: Client, writer: User) -> None:
        factories.publish(writer)
        before = html_of(client, "/")
        change(language="fr")
        after = html_of(client, "/")
        assert ('lang="en"' in before, 'lang="fr"' in after) == (True, True)


class TestTheListOfLanguages:
    def test_writes_each_name_as_its_speakers_do(self) -> None:
        names = dict(languages.choices()[1][1])
        assert (names["es-ar"], names["da"]) == ("Español de Argentina", "Dansk")
