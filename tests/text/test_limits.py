"""Each limit is declared once: what one door accepts, every other accepts, and what looks empty is refused at each."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse

from app.accounts.models import ApiToken, User
from app.blog.models import Category, Comment, Post, Tag
from app.blog.tagging import tags_named
from tests.factories import person, publish, write

pytestmark = pytest.mark.django_db

INVISIBLE = ["\u200b", "\u202e\u2066", "\ufeff", "\x9f\x85", "\u3164", "\u2800", "\u00ad\u034f"]
LONG = ["é" * 5_001, "\U0001f600" * 10_000, "a\r\n" * 5_000]


@pytest.fixture
def public() -> Post:
    return publish(person("ann", "author"))


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("root"))
    return client


def comment(client: Client, post: Post, content: str, **fields: str) -> Any:
    guest = {"guest_name": "Eve", "guest_email": "eve@example.com"}
    return client.post(reverse("post_comment", args=[post.slug]), {**guest, "content": content, **fields})


def api(user: User) -> dict[str, str]:
    return {"HTTP_AUTHORIZATION": f"Token {ApiToken.objects.issue(user)[1]}", "content_type": "application/json"}


class TestACommentOnThePage:
    @pytest.mark.parametrize("content", LONG, ids=["two bytes", "emoji", "lines"])
    def test_may_have_ten_thousand_characters_of_any_script(self, client: Client, public: Post, content: str) -> None:
        assert comment(client, public, content).status_code == 200
        assert len(Comment.objects.get().content) <= 10_000

    @pytest.mark.parametrize("content", [*INVISIBLE, "x" * 10_001, "\U0001f600" * 10_001])
    def test_that_is_refused_is_kept_in_the_form(self, client: Client, public: Post, content: str) -> None:
        answer = comment(client, public, content)
        assert answer.status_code == 422
        assert "eve@example.com" in answer.content.decode()
        assert answer.content.decode().count("x") >= content.count("x")
        assert not Comment.objects.exists()

    @pytest.mark.parametrize("name", INVISIBLE)
    def test_needs_a_name_that_can_be_seen(self, client: Client, public: Post, name: str) -> None:
        answer = comment(client, public, "Hello there", guest_name=name)
        assert answer.status_code == 422
        assert "Hello there" in answer.content.decode()

    def test_of_a_member_keeps_the_same_limits(self, client: Client, public: Post) -> None:
        client.force_login(person("bob"))
        assert comment(client, public, "é" * 10_000).status_code == 200
        assert comment(client, public, "\u202e").status_code == 422


class TestTheDatabase:
    def test_refuses_a_longer_comment(self, public: Post) -> None:
        made = public.comment(content="é" * 10_000)
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("UPDATE blog_comment SET content = repeat('é', 10001) WHERE id = %s", [made.pk])


class TestTheApi:
    def test_takes_what_the_studio_takes(self, client: Client) -> None:
        author = person("ann", "author")
        body = {"title": "A", "excerpt": "e" * 2_000, "tags": [f"tag {n}" for n in range(50)]}
        made = client.post("/api/v1/posts", body, **api(author)).json()
        client.force_login(author)
        page = client.get(f"/studio/posts/{made['id']}/").context["form"]
        data = {name: page[name].value() or "" for name in ("title", "slug", "content", "excerpt", "tags", "revision")}
        assert client.post(f"/studio/posts/{made['id']}/", data).status_code == 302
        assert Post.objects.get().tags.count() == 50

    @pytest.mark.parametrize(
        "body",
        [
            {"title": "x" * 201},
            {"title": "A", "excerpt": "x" * 2_001},
            {"title": "A", "tags": ["x"] * 51},
            {"title": "A", "tags": ["x" * 101]},
            *({"title": name} for name in INVISIBLE),
            *({"title": "A", "tags": [name]} for name in INVISIBLE),
        ],
    )
    def test_refuses_what_the_studio_refuses(self, client: Client, body: dict[str, Any]) -> None:
        author = person("ann", "author")
        assert client.post("/api/v1/posts", body, **api(author)).status_code == 422
        client.force_login(author)
        tags = [f"{tag}{n}" if len(body["tags"]) > 1 else tag for n, tag in enumerate(body.get("tags", []))]
        assert client.post("/studio/posts/new/", {**body, "tags": ", ".join(tags)}).status_code in (302, 422)
        assert not Tag.objects.exists()
        assert not Post.objects.exclude(title="A").exists()

    @pytest.mark.parametrize("content", INVISIBLE)
    def test_refuses_a_comment_that_shows_nothing(self, client: Client, public: Post, content: str) -> None:
        answer = client.post(f"/api/v1/posts/{public.pk}/comments", {"content": content}, **api(person("bob")))
        assert answer.status_code == 422


class TestATagWithAComma:
    def test_is_one_tag_after_each_save_in_the_studio(self, client: Client) -> None:
        author = person("ann", "author")
        post = write(author)
        names = ["x, y", 'say "hi", then go', '5" disk', "z"]
        post.tags.set(tags_named(names))
        client.force_login(author)
        page = client.get(f"/studio/posts/{post.pk}/").context["form"]
        data = {name: page[name].value() or "" for name in ("title", "slug", "content", "excerpt", "tags", "revision")}
        assert client.post(f"/studio/posts/{post.pk}/", data).status_code == 302
        assert sorted(post.tags.values_list("name", flat=True)) == sorted(names)


class TestTheAdmin:
    def test_offers_no_comment_without_a_post(self, desk: Client) -> None:
        assert desk.get(reverse("admin:blog_comment_add")).status_code == 403

    @pytest.mark.parametrize(
        ("content", "status"),
        [("é" * 6_000, 302), ("plain", 302), ("x" * 10_001, 200), *((name, 200) for name in INVISIBLE)],
    )
    def test_says_what_is_wrong_with_a_comment(self, desk: Client, public: Post, content: str, status: int) -> None:
        made = public.comment(content="first", guest_name="Eve")
        data = {"content": content, "guest_name": "Eve", "guest_email": "", "status": made.status}
        assert desk.post(reverse("admin:blog_comment_change", args=[made.pk]), data).status_code == status

    @pytest.mark.filterwarnings("ignore:The default scheme will be changed")
    @pytest.mark.parametrize("name", INVISIBLE)
    def test_says_what_is_wrong_with_a_title_and_with_names(self, desk: Client, public: Post, name: str) -> None:
        post = {"title": name, "slug": "a", "content": "a", "excerpt": "", "author": public.author_id}
        assert desk.post(reverse("admin:blog_post_add"), post).status_code == 200
        assert desk.post(reverse("admin:blog_post_change", args=[public.pk]), post).status_code == 200
        for model in (Category, Tag):
            address = reverse(f"admin:blog_{model.__name__.lower()}_add")
            assert desk.post(address, {"name": name, "slug": "a", "description": ""}).status_code == 200
            assert not model.objects.exists()
        profile = {"display_name": name, "bio": "", "website": ""}
        address = reverse("admin:accounts_profile_change", args=[public.author.profile.pk])
        assert desk.post(address, profile).status_code == 200


class TestNames:
    @pytest.mark.parametrize("name", INVISIBLE)
    def test_that_look_empty_are_refused(self, client: Client, name: str) -> None:
        client.force_login(person("bob"))
        assert client.post(reverse("account"), {"display_name": name}).status_code == 422
        with pytest.raises(ValidationError):
            tags_named([name])

    def test_of_an_account_need_something_to_be_seen(self, client: Client) -> None:
        answer = client.post(reverse("join"), {"username": "\u3164", "email": "a@example.com", "password": "correct horse 42"})
        assert answer.status_code == 422
