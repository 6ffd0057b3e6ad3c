"""The demo."""

from __future__ import annotations

import io

import pytest
from django.core.management import CommandError, call_command
from django.test import override_settings

from app.accounts.models import User
from app.blog.models import Media, Post
from app.importer.demo_blog import DEMO, PASSWORD
from app.newsletter.models import Delivery, Subscriber
from app.social.models import Account
from owed.models import Effect

pytestmark = [pytest.mark.django_db, pytest.mark.covers("D13")]


@pytest.fixture
def said() -> str:
    return seed()


def seed(*arguments: str) -> str:
    out = io.StringIO()
    with override_settings(DEBUG=True):
        call_command("seed_demo", *arguments, stdout=out)
    return out.getvalue()


class TestTheDemo:
    def test_has_a_blog_and_a_draft_to_publish(self, said: str) -> None:
        assert "15 posts, and a draft to publish" in said
        assert Post.objects.public().count() == 15
        assert Media.objects.count() == 12
        draft = Post.objects.get(source="demo:press-publish")
        assert (draft.title, draft.status, draft.author.username) == ("Press Publish and watch", "draft", "ada")

    def test_has_people_with_the_password_it_prints(self, said: str) -> None:
        people = User.objects.filter(username__in=["ada", "grace", "linus", "joan"]).order_by("username")
        assert [(user.username, user.role) for user in people] == [
            ("ada", "editor"),
            ("grace", "author"),
            ("joan", "reader"),
            ("linus", "contributor"),
        ]
        ada = people[0]
        assert (ada.is_staff, ada.is_superuser, ada.profile.name) == (True, True, "Ada Quill")
        assert all(user.check_password(PASSWORD) for user in people)
        assert f"as ada with the password {PASSWORD}" in said

    def test_has_readers_and_a_network_and_has_written_to_nobody(self, said: str) -> None:
        assert Subscriber.objects.confirmed().filter(email__endswith="@example.org").count() == 5
        assert Account.objects.get().network == "dummy"
        assert not Delivery.objects.exists()
        assert not Effect.objects.filter(task__in=["email.announce", "social.share", "email.welcome"]).exists()

    def test_is_the_same_when_loaded_again(self, said: str) -> None:
        User.objects.filter(username="ada").update(role="author")
        Post.objects.get(slug="18f-project-defaults").revise(title="Ours")
        before = (
            list(Post.objects.order_by("pk").values()),
            list(User.objects.order_by("pk").values()),
            Effect.objects.count(),
        )
        seed()
        assert (
            list(Post.objects.order_by("pk").values()),
            list(User.objects.order_by("pk").values()),
            Effect.objects.count(),
        ) == before

    @override_settings(DEBUG=False)
    def test_is_refused_where_debug_is_off(self) -> None:
        with pytest.raises(CommandError, match="Use --force to create it all the same"):
            call_command("seed_demo")
        assert not User.objects.exists()

    def test_carries_its_licence_and_is_small(self) -> None:
        assert "CC0 1.0" in (DEMO / "site/LICENSE.md").read_text()
        assert sum(file.stat().st_size for file in DEMO.rglob("*") if file.is_file()) < 1_500_000
