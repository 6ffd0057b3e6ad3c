"""What is said about a post beside its text: to search engines, networks and lists; its authors, comments and date."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from app.accounts.models import User
from app.blog.errors import CommentsClosed, NotPublished
from app.blog.media_uses import mentioned, uses
from app.blog.models import Media, Post, PostOptions
from app.site import current
from owed.testing import drain
from tests import factories
from tests.api.client import program_of
from tests.factories import Publish

pytestmark = pytest.mark.django_db
HOME = "http://127.0.0.1:8000/authors/"


def say(post: Post, authors: list[User] | None = None, **fields: object) -> PostOptions:
    options = PostOptions.of(post)
    for name, value in fields.items():
        setattr(options, name, value)
    options.keep(authors=authors)
    return options


def seen(path: str) -> str:
    return re.sub(r"\s+", " ", Client().get(path).content.decode())


class TestAPost:
    def test_says_what_was_chosen_at_once_though_its_page_was_kept(self, publish: Publish) -> None:
        path = (post := publish("On the coast", "Words.")).get_absolute_url()
        assert f'rel="canonical" href="http://127.0.0.1:8000{path}"' in seen(path)
        say(
            post,
            canonical_url="https://first.example/coast",
            meta_title="Coasts",
            meta_description="Of sand.",
            is_indexed=False,
        )
        page = seen(path)
        assert 'rel="canonical" href="https://first.example/coast"' in page
        assert "<title>Coasts ·" in page
        assert '<meta name="description" content="Of sand.">' in page
        assert '<meta name="robots" content="noindex">' in page
        assert f"{path}</loc>" not in seen("/sitemap.xml")

    def test_shows_its_own_picture_to_networks(self, publish: Publish) -> None:
        post = publish("On the coast")
        cover, preview = (Media.objects.store(factories.image(colour), None) for colour in ("red", "blue"))
        post.revise(cover=cover)
        assert cover.file.url in seen(post.get_absolute_url())
        say(post, social_image=preview)
        (shown,) = re.findall(r'property="og:image" content="([^"]+)"', seen(post.get_absolute_url()))
        assert shown.endswith(preview.file.url)
        assert [use.pk for use in uses([preview])[preview.pk]] == [post.pk]
        assert not Media.objects.unused(mentioned()).exists()

    def test_names_all_its_authors(self, publish: Publish) -> None:
        post, grace = publish("On the coast"), factories.person("grace", "author")
        say(post, authors=[grace])
        page = seen(post.get_absolute_url())
        assert re.findall(r'rel="author" href="(/authors/\w+/)"', page) == ["/authors/anna/", "/authors/grace/"]
        (structured,) = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page)
        assert [each["url"] for each in json.loads(structured)["author"]] == [f"{HOME}anna/", f"{HOME}grace/"]

    def test_that_is_featured_comes_first(self, publish: Publish) -> None:
        post = publish("The old one")
        publish("The new one")
        assert "Featured" not in seen("/")
        say(post, is_featured=True)
        page = seen("/")
        assert page.index("Featured") < page.index("The old one") < page.index("The new one")

    def test_has_comments_by_its_own_rules(self, publish: Publish, author: User) -> None:
        post, other = publish("Quiet"), publish("Loud")
        say(post, comments="off")
        with pytest.raises(CommentsClosed):
            post.comment(content="Hello", author=author)
        assert other.comment(content="Hello", author=author).status == "approved"
        current.change(comments="off")
        say(other, comments="everyone")
        assert other.comment(content="Again", author=author).status == "approved"
        assert "Write a comment" in seen(other.get_absolute_url())

    @pytest.mark.parametrize("address", ["first.example", "/coast", "javascript:1", "mailto:a@b.example", "https://"])
    def test_has_no_address_that_leads_nowhere(self, publish: Publish, address: str) -> None:
        with pytest.raises(ValidationError):
            say(publish("On the coast"), canonical_url=address)


class TestTheDate:
    def test_moves_a_post_in_lists_and_feeds(self, publish: Publish) -> None:
        old, new = publish("The first"), publish("The second")
        drain()
        assert seen("/feed.json").index("The second") < seen("/feed.json").index("The first")
        PostOptions.redate(new, timezone.now() - timedelta(days=400))
        drain()
        assert seen("/feed.json").index("The first") < seen("/feed.json").index("The second")
        assert seen("/").index("The first") < seen("/").index("The second")
        assert old.published_at > Post.objects.get(pk=new.pk).published_at

    def test_is_not_in_the_future_and_not_of_a_draft(self, publish: Publish, author: User) -> None:
        with pytest.raises(ValidationError):
            PostOptions.redate(publish("Out"), timezone.now() + timedelta(hours=1))
        with pytest.raises(NotPublished):
            PostOptions.redate(factories.write(author), timezone.now() - timedelta(days=1))


class TestTheStudio:
    def test_keeps_what_is_typed(self, publish: Publish, author: User, client: Client) -> None:
        post, grace = publish("On the coast"), factories.person("grace", "author")
        client.force_login(author)
        path = f"/studio/posts/{post.pk}/options/"
        assert client.get(path).status_code == 200
        current.change(time_zone="Asia/Tokyo")
        posted = {
            "canonical_url": "https://first.example/", "meta_title": "", "meta_description": "", "comments": "members",
            "is_featured": "on", "authors": [grace.pk], "published_at": "2026-01-02T09:00:00",
            "image_file": SimpleUploadedFile("p.png", factories.image().read()),
        }  # fmt: skip
        assert client.post(path, posted).status_code == 302
        options = PostOptions.objects.get(post=post)
        assert (options.canonical_url, options.comments, options.is_featured) == ("https://first.example/", "members", True)
        assert options.other_authors() == [grace]
        assert options.picture == Media.objects.get()
        assert Post.objects.get(pk=post.pk).published_at == datetime(2026, 1, 2, 0, 0, tzinfo=UTC)

    def test_shows_what_is_wrong(self, publish: Publish, author: User, client: Client) -> None:
        post = publish("On the coast")
        client.force_login(author)
        posted = {"canonical_url": "here", "published_at": "2999-01-01T00:00:00"}
        answer = client.post(f"/studio/posts/{post.pk}/options/", posted)
        assert answer.status_code == 422
        assert "Write a whole address, beginning with https://." in answer.content.decode()
        answer = client.post(f"/studio/posts/{post.pk}/options/", {**posted, "canonical_url": ""})
        assert "Choose a time in the past." in answer.content.decode()

    def test_is_not_for_others(self, publish: Publish, client: Client) -> None:
        client.force_login(factories.person("olaf", "author"))
        assert client.get(f"/studio/posts/{publish('Mine').pk}/options/").status_code == 403


class TestTheApi:
    def test_reads_and_changes_in_part(self, publish: Publish, author: User) -> None:
        post, program = publish("On the coast"), program_of(author)
        factories.person("grace", "author")
        place = f"/posts/{post.pk}/options"
        assert program.get(place).json["canonical_url"] == ""
        assert program.patch(place, {"meta_title": "Coasts", "authors": ["grace"]}).json["authors"] == ["grace"]
        found = program.patch(place, {"is_featured": True, "published_at": "2026-01-02T00:00:00Z"}).json
        assert (found["meta_title"], found["is_featured"], found["authors"]) == ("Coasts", True, ["grace"])
        assert found["published_at"] == "2026-01-02T00:00:00Z"

    @pytest.mark.parametrize(
        ("body", "field"),
        [({"authors": ["olga"]}, "authors"), ({"social_image": 99}, "social_image"), ({"canonical_url": "x"}, "canonical_url")],
    )
    def test_refuses_by_field(self, publish: Publish, author: User, body: dict[str, object], field: str) -> None:
        answer = program_of(author).patch(f"/posts/{publish('Mine').pk}/options", body)
        assert (answer.status, list(answer.json["fields"])) == (422, [field])
