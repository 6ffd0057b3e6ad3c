"""Every text that a person sees is marked for translation."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from app.accounts.models import Role, User
from app.blog.models import Post
from tests.pseudo_locale import pseudo_locale, unmarked

NAMES = frozenset(
    {"Afterword", "RSS", "Atom", "JSON", "Feed", "Flower", "Markdown", "Mastodon", "Bluesky", "Dummy", "UTC", "HTML", "API"}
)
"""Proper names and names of formats."""

READER = ["home", "archive", "search", "login", "join", "password_reset", "subscribe"]
MEMBER = ["account", "account_address", "account_password"]
STUDIO = [
    "posts",
    "new",
    "comments",
    "effects",
    "delivery_audit",
    "mailbox",
    "social",
    "media",
    "subscribers",
    "subscriber_add",
]


@pytest.fixture
def editor(db: None) -> User:
    return User.objects.create_user("ωμέγα", "1@example.org", "9-1-9-1-9-1-9", role=Role.EDITOR, is_staff=True)


@pytest.fixture
def post(editor: User) -> Post:
    """A public post in which every name is Greek, so that ASCII on its pages is ours."""
    post = Post.objects.create(title="Άλφα", content="βήτα", excerpt="γάμμα", author=editor)
    post.publish(at=timezone.now())
    return post


class TestThePages:
    @pytest.mark.parametrize("name", READER)
    def test_of_readers_have_no_unmarked_text(self, client: Client, post: Post, name: str) -> None:
        assert found(client, reverse(name)) == []

    def test_of_a_post_has_none(self, client: Client, post: Post) -> None:
        assert found(client, post.get_absolute_url()) == []

    @pytest.mark.parametrize("name", MEMBER)
    def test_of_an_account_have_none(self, client: Client, editor: User, name: str) -> None:
        client.force_login(editor)
        assert found(client, reverse(name)) == []

    @pytest.mark.parametrize("name", STUDIO)
    def test_of_the_studio_have_none(self, client: Client, post: Post, editor: User, name: str) -> None:
        client.force_login(editor)
        assert found(client, reverse(f"studio:{name}")) == []

    @pytest.mark.parametrize("name", ["edit", "post_effects"])
    def test_of_a_post_in_the_studio_have_none(self, client: Client, post: Post, editor: User, name: str) -> None:
        client.force_login(editor)
        assert found(client, reverse(f"studio:{name}", args=[post.pk])) == []

    def test_that_refuse_a_form_have_none(self, client: Client, post: Post) -> None:
        with pseudo_locale():
            for name in ("join", "login", "subscribe", "password_reset"):
                assert unmarked(client.post(reverse(name), {}).content.decode(), NAMES) == []

    def test_that_are_missing_have_none(self, client: Client, db: None) -> None:
        with pseudo_locale():
            assert unmarked(client.get("/nowhere/").content.decode(), NAMES) == []


def found(client: Client, address: str) -> list[str]:
    with pseudo_locale():
        answer = client.get(address)
        assert answer.status_code == 200
        return unmarked(answer.content.decode(), NAMES)
