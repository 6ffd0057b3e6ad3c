"""A name beside posts is another, or gone: feeds and the index say so too, and no post was revised."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import transaction
from django.utils import timezone

from app.accounts.models import User
from app.blog import versions
from app.blog.changes import change
from app.blog.models import Category, Post, Tag
from app.feeds.models import Document
from app.search.models import Document as Indexed
from app.search.query import search
from owed.models import Effect
from owed.testing import drain, owes
from tests.proof.threads import Elsewhere

pytestmark = pytest.mark.django_db


@pytest.fixture
def post(author: User) -> Post:
    """A public post in a category and under a tag, with all that followed from it."""
    category = Category.objects.create(name="Zoology", slug="zoology")
    post = Post.objects.create(title="On herons", content="Tall birds.", author=author, category=category)
    post.revise(tags=[Tag.objects.create(name="Estuary", slug="estuary")])
    post.publish(at=timezone.now())
    drain()
    Effect.objects.all().delete()
    return post


def feed(scope: str = "site") -> str:
    return bytes(Document.objects.get(scope=scope, format="atom").body).decode()


def found(words: str) -> list[int]:
    return [result.post.pk for result in search(words).results]


def rename(thing: Category | Tag) -> None:
    thing.name = "Ornithology"
    thing.save()


class TestACategoryOrATag:
    @pytest.mark.covers("E2", "M15")
    @pytest.mark.parametrize(("model", "name"), [(Category, "Zoology"), (Tag, "Estuary")])
    def test_with_another_name_is_called_so_in_feeds_and_found_by_it(
        self, post: Post, model: type[Category | Tag], name: str
    ) -> None:
        assert found(name) == [post.pk]
        rename(model.objects.get())
        drain()
        assert (found(name), found("Ornithology")) == ([], [post.pk])
        for scope in ("site", f"author:{post.author_id}", f"{model.__name__.lower()}:{model.objects.get().pk}"):
            assert "Ornithology" in feed(scope)
            assert name not in feed(scope)

    @pytest.mark.covers("E2", "E3")
    @pytest.mark.parametrize(("model", "name"), [(Category, "Zoology"), (Tag, "Estuary")])
    def test_that_is_deleted_leaves_them(self, post: Post, model: type[Category | Tag], name: str) -> None:
        scope = f"{model.__name__.lower()}:{model.objects.get().pk}"
        model.objects.all().delete()
        drain()
        assert found(name) == []
        assert name not in feed()
        assert not Document.objects.filter(scope=scope).exists()
        assert Indexed.objects.count() == 1

    def test_with_the_same_name_has_its_own_feed_built_alone(self, post: Post) -> None:
        category = Category.objects.get()
        category.description = "All about animals"
        category.save()
        owed = Effect.objects.values_list("task", "args__scope")
        assert list(owed) == [("feeds.refresh", f"category:{category.pk}")]

    @pytest.mark.django_db(transaction=True)
    @pytest.mark.parametrize("model", [Category, Tag])
    def test_is_deleted_while_one_of_its_posts_is_revised(self, post: Post, model: type[Category | Tag]) -> None:
        """Both lock posts before versions, so that neither is a deadlock's victim."""
        with change():
            post.revise(content="Taller birds.")
            deletion = Elsewhere(lambda: model.objects.get().delete())
            deletion.await_blocked()
        deletion.result()
        assert not model.objects.exists()

    def test_owes_nothing_when_it_is_rolled_back(self, post: Post) -> None:
        with pytest.raises(RuntimeError), transaction.atomic():
            rename(Category.objects.get())
            raise RuntimeError
        assert not Effect.objects.exists()

    def test_with_many_posts_owes_a_hundred_a_second(self, post: Post) -> None:
        posts = [
            Post(title=f"No. {number}", slug=f"no-{number}", content="-", author=post.author, category=post.category)
            for number in range(250)
        ]
        for each in Post.objects.bulk_create(posts):
            each.publish(at=timezone.now())
        Effect.objects.all().delete()
        rename(Category.objects.get())
        parts = [effect.args["post_ids"] for effect in owes("search.relabel").order_by("pk")]
        assert [len(part) for part in parts] == [100, 100, 51]
        assert len({pk for part in parts for pk in part}) == 251
        waits = [effect.due_at - effect.created_at for effect in owes("search.relabel").order_by("pk")]
        assert [round(wait.total_seconds()) for wait in waits] == [0, 1, 2]
        assert owes("feeds.relabel").count() == 3
        assert owes("feeds.refresh").count() == 1


class TestAnAuthor:
    @staticmethod
    def by_profile(author: User) -> None:
        author.profile.display_name = "Beatrix"
        author.profile.save()

    @staticmethod
    def by_username(author: User) -> None:
        author.username = "Beatrix"
        author.save()

    @pytest.mark.covers("M15")
    @pytest.mark.parametrize("way", [by_profile, by_username])
    def test_with_another_name_is_called_so_in_every_feed(self, post: Post, author: User, way: Callable[[User], None]) -> None:
        assert ">ada<" in feed()
        way(author)
        drain()
        for scope in ("site", f"author:{author.pk}", f"tag:{Tag.objects.get().pk}"):
            assert "<name>Beatrix</name>" in feed(scope)
        assert "Beatrix on" in feed(f"author:{author.pk}")

    def test_is_called_so_beside_what_they_said_too(self, post: Post) -> None:
        reader = User.objects.create_user("bob")
        post.comment(author=reader, content="Fine birds.")
        before = versions.current(f"post:{post.pk}")
        reader.username = "robert"
        reader.save()
        assert versions.current(f"post:{post.pk}") != before

    def test_who_changes_anything_else_owes_nothing(self, post: Post, author: User) -> None:
        author.profile.bio = "Writes."
        author.profile.save()
        author.first_name = "B."
        author.save()
        author.save(update_fields=["last_login"])
        assert not Effect.objects.exists()
