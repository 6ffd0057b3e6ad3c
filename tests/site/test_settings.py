"""What an editor sets about the publication is in pages, feeds and mail at once; what the operator sets stays."""

from __future__ import annotations

import json
import threading
import time
from datetime import timedelta
from io import StringIO

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from app.accounts.models import User
from app.blog.errors import CommentsClosed, MembersOnly
from app.blog.models import Post
from app.mail.rendering import render
from app.mail.sender import sender
from app.newsletter.identity import identity
from app.site import current
from app.site.current import MEMORY, SetByOperator, site
from app.site.models import SiteRedirect, SiteSettings
from owed.testing import drain
from tests import factories
from tests.factories import Publish

pytestmark = pytest.mark.django_db


def home(client: Client) -> str:
    return client.get("/").content.decode()


class TestAPage:
    def test_shows_a_new_name_at_once_though_it_was_kept(self, publish: Publish, client: Client) -> None:
        publish("Seen")
        assert "<h1>Afterword</h1>" in home(client)
        current.change(name="Northern Towns", tagline="Letters from the coast")
        page = home(client)
        assert "<h1>Northern Towns</h1>" in page
        assert "Letters from the coast" in page
        assert "Afterword" not in page.replace("Published with Afterword.", "")

    def test_is_not_a_304_after_a_change(self, publish: Publish, client: Client) -> None:
        path = publish("Seen").get_absolute_url()
        tag = {"if-none-match": client.get(path)["ETag"]}
        assert client.get(path, headers=tag).status_code == 304
        current.change(footer_text="Printed in Oslo.")
        assert "Printed in Oslo." in client.get(path, headers=tag).content.decode()

    def test_costs_no_query_for_the_settings(
        self, publish: Publish, client: Client, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        publish("Seen")
        home(client)
        with CaptureQueriesContext(connection) as before:
            home(client)
        asked = len(before)
        current.change(name="Northern Towns")
        home(client)
        with django_assert_num_queries(asked):
            home(client)

    def test_has_the_links_that_were_set(self, client: Client) -> None:
        current.change(
            navigation=[{"label": "About", "url": "/about/"}],
            footer=[{"label": "Imprint", "url": "/imprint/"}],
            profiles=[{"label": "Mastodon", "url": "https://social.example/@us"}],
        )
        page = home(client)
        assert '<a href="/about/">About</a>' in page
        assert '<a href="/imprint/">Imprint</a>' in page
        assert '<a rel="me" href="https://social.example/@us">Mastodon</a>' in page
        assert "Archive" not in page

    def test_speaks_the_language_that_was_set(self, publish: Publish, client: Client) -> None:
        path = publish("Seen").get_absolute_url()
        current.change(language="de", time_zone="Asia/Tokyo")
        Post.objects.update(published_at="2026-03-01T20:00:00Z")
        page = client.get(path).content.decode()
        assert '<html lang="de" dir="ltr">' in page
        assert "2. März 2026" in page

    def test_of_a_site_that_is_not_to_be_listed_says_so(self, client: Client) -> None:
        assert "X-Robots-Tag" not in client.get("/")
        current.change(is_indexed=False, robots="User-agent: GPTBot\nDisallow: /")
        assert client.get("/")["X-Robots-Tag"] == "noindex"
        robots = client.get("/robots.txt").content.decode()
        assert "User-agent: *\nDisallow: /\n" in robots
        assert robots.endswith("User-agent: GPTBot\nDisallow: /\n")


class TestAnotherProcess:
    def test_reads_a_change_within_a_second(self) -> None:
        """A process that knows the old row asks again after half a second."""
        other = current.Memory()
        assert other.site().name == "Afterword"
        SiteSettings.objects.create(pk=1, name="Northern Towns")
        assert other.site().name == "Afterword"
        deadline = time.monotonic() + 10
        while other.site().name == "Afterword" and time.monotonic() < deadline:
            time.sleep(0.05)
        assert other.site().name == "Northern Towns"

    def test_asks_once_while_it_believes(self, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        other = current.Memory()
        other.fresh = 60.0
        with django_assert_num_queries(1):
            assert {other.site().name for _ in range(100)} == {"Afterword"}


class TestTheDatabase:
    @pytest.mark.django_db(transaction=True)
    def test_that_does_not_answer_leaves_the_name_that_is_known(self) -> None:
        current.change(name="Northern Towns")
        assert site().name == "Northern Towns"
        MEMORY.fresh = 0.0
        said: list[str] = []

        def asked() -> None:
            connection.settings_dict = {**connection.settings_dict, "HOST": "127.0.0.1", "PORT": 1}
            said.append(site().name)
            connection.close()

        thread = threading.Thread(target=asked)
        thread.start()
        thread.join()
        assert said == ["Northern Towns"]


class TestAFeed:
    def test_is_built_again_with_the_name(self, publish: Publish, client: Client) -> None:
        publish("Seen")
        drain()
        assert b"<title>Afterword</title>" in client.get("/rss.xml").content
        current.change(name="Northern Towns", description="News of the coast.")
        drain()
        for path in ("/rss.xml", "/atom.xml", "/feed.json", "/authors/ada/feed.json"):
            feed = client.get(path)
            assert feed.status_code == 200 or path.startswith("/authors")
            assert b"Afterword" not in feed.content
        assert b"News of the coast." in client.get("/rss.xml").content

    def test_is_left_alone_by_what_it_does_not_show(self, publish: Publish) -> None:
        from owed.models import Effect

        publish("Seen")
        Effect.objects.all().delete()
        current.change(custom_css="p { color: red }", comments="off")
        assert not Effect.objects.exists()
        current.change(tagline="Letters")
        assert list(Effect.objects.values_list("task", flat=True)) == ["feeds.rename"]


class TestMail:
    def test_comes_from_the_publication(self) -> None:
        current.change(name="Northern Towns")
        assert sender() == '"Northern Towns" <post@afterword.example>'
        assert identity().sender == '"Northern Towns" <post@afterword.example>'
        assert "Northern Towns" in render("notices/mail/layout", {})[0]

    def test_comes_from_the_name_of_the_operator_where_there_is_one(self, settings: Settings) -> None:
        settings.DEFAULT_FROM_EMAIL = "The Press <press@paper.example>"
        current.change(name="Northern Towns")
        assert sender() == "The Press <press@paper.example>"


class TestTheOperator:
    def test_wins(self, settings: Settings, client: Client) -> None:
        current.change(name="Northern Towns", tagline="Letters")
        settings.SITE_NAME, settings.SITE_OVERRIDES = "The Weekly", {"tagline": "Fixed"}
        page = home(client)
        assert "<h1>The Weekly</h1>" in page
        assert "Fixed" in page
        with pytest.raises(SetByOperator):
            current.change(name="Other")
        assert SiteSettings.objects.get().name == "Northern Towns"


class TestAValue:
    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("accent", "red"),
            ("accent", "#12345"),
            ("time_zone", "Mars/Olympus"),
            ("language", "xx"),
            ("name", "\u200b"),
            ("theme", "neon"),
            ("navigation", [{"label": "Off", "url": "javascript:alert(1)"}]),
            ("navigation", [{"label": "Off", "url": "//evil.example/"}]),
            ("navigation", [{"label": "", "url": "/about/"}]),
            ("navigation", ["/about/"]),
            ("footer", [{"label": "x", "url": "/"}] * 21),
            ("comments_close_after", 0),
            ("robots", "Hello, robots"),
        ],
    )
    def test_that_cannot_be_used_is_refused(self, name: str, value: object) -> None:
        with pytest.raises(ValidationError) as refusal:
            current.change(**{name: value})
        assert list(refusal.value.message_dict) == [name]
        assert not SiteSettings.objects.exists()

    def test_of_another_field_is_kept(self) -> None:
        current.change(name="Northern Towns")
        assert current.change(tagline="Letters") == {"tagline"}
        assert current.change(tagline="Letters") == set()
        assert (site().name, site().tagline) == ("Northern Towns", "Letters")


class TestComments:
    def test_are_refused_where_they_are_off(self, publish: Publish, client: Client) -> None:
        post = publish("Seen")
        current.change(comments="off")
        with pytest.raises(CommentsClosed):
            post.comment(content="Hello", author=post.author)
        assert "Comments" not in client.get(post.get_absolute_url()).content.decode()
        assert client.get(f"/posts/{post.slug}/comments").status_code == 302

    def test_of_guests_are_refused_where_they_are_for_members(self, publish: Publish, client: Client, author: User) -> None:
        post = publish("Seen")
        current.change(comments="members")
        with pytest.raises(MembersOnly):
            post.comment(content="Hello", guest_name="Gast", guest_email="g@example.org")
        assert "Sign in to comment" in client.get(post.get_absolute_url()).content.decode()
        assert post.comment(content="Hello", author=author).status == "approved"

    def test_of_members_wait_where_all_are_reviewed(self, publish: Publish, author: User) -> None:
        post, reader = publish("Seen"), factories.person("rita")
        current.change(comments="moderated")
        assert post.comment(content="Hello", author=reader).status == "held"
        assert post.comment(content="Hello", author=author).status == "approved"

    def test_close_after_the_days_that_were_set(self, publish: Publish, client: Client, author: User) -> None:
        post = publish("Seen")
        current.change(comments_close_after=3)
        assert post.comment(content="First", author=author).status == "approved"
        Post.objects.update(published_at=timezone.now() - timedelta(days=4))
        post.refresh_from_db()
        with pytest.raises(CommentsClosed):
            post.comment(content="Second", author=author)
        page = client.get(post.get_absolute_url()).content.decode()
        assert "First" in page
        assert "Comments are closed." in page


class TestTheCommand:
    def test_sets_and_shows(self) -> None:
        call_command(
            "site", "set", "name=Northern Towns", "is_indexed=false", 'navigation=[{"label": "About", "url": "/about/"}]',
            "postal_address=1 Quay Street", stdout=StringIO(),
        )  # fmt: skip
        out = StringIO()
        call_command("site", "show", json=True, stdout=out)
        shown = json.loads(out.getvalue())
        assert (shown["name"], shown["is_indexed"], shown["postal_address"]) == ("Northern Towns", False, "1 Quay Street")
        assert shown["navigation"] == [{"label": "About", "url": "/about/"}]

    @pytest.mark.parametrize("pair", ["colour=red", "accent=red", "is_indexed=perhaps", "name"])
    def test_refuses_what_it_does_not_know(self, pair: str) -> None:
        with pytest.raises(CommandError):
            call_command("site", "set", pair, stdout=StringIO())


class TestARedirect:
    def test_leads_on_where_a_page_would_be_missing(self, client: Client) -> None:
        SiteRedirect.objects.create(path="/old/", target="/archive/")
        SiteRedirect.objects.create(path="/shop", target="https://shop.example/?a=1", is_permanent=False)
        SiteRedirect.objects.create(path="/index.php?page=7", target="/search/")
        answers = {path: client.get(path) for path in ("/old", "/old/", "/old?x=1", "/shop", "/index.php?page=7", "/archive/")}
        found = {path: (each.status_code, each.headers.get("Location", "")) for path, each in answers.items()}
        assert found == {
            "/old": (301, "/archive/"),
            "/old/": (301, "/archive/"),
            "/old?x=1": (301, "/archive/"),
            "/shop": (302, "https://shop.example/?a=1"),
            "/index.php?page=7": (301, "/search/"),
            "/archive/": (200, ""),
        }
        assert client.get("/index.php?page=8").status_code == 404

    @pytest.mark.parametrize(
        "pair", [("old", "/x"), ("/old", "javascript:1"), ("/", "/x"), ("/old", "/old/"), ("/old", "mailto:a@b")]
    )
    def test_that_leads_nowhere_is_refused(self, pair: tuple[str, str]) -> None:
        with pytest.raises(ValidationError):
            SiteRedirect.objects.create(path=pair[0], target=pair[1])
