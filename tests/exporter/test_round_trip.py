"""A site that leaves by its export and comes back by the import is the same site."""

from __future__ import annotations

import json
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from app.accounts.models import Role, User
from app.blog.models import Category, Comment, Media, Post, Redirect, Tag
from app.newsletter.models import Subscriber
from tests import factories

pytestmark = pytest.mark.django_db
NOW = timezone.now()
PUBLIC = ("/", "/archive/", "/posts/plain/", "/posts/null/", "/authors/Ada.L/", "/tags/c-plus-plus/", "/categories/the-news/")


@pytest.fixture
def site(settings: Settings, tmp_path: Path) -> None:
    """Posts of every state, with all that a post can have."""
    settings.MEDIA_ROOT = tmp_path / "media"
    ada, grace = factories.person("Ada.L", Role.AUTHOR), factories.person("grace", Role.AUTHOR)
    ada.profile.display_name = "Ada Lovelace"
    ada.profile.save()
    news, tag = Category.objects.create(name="News", slug="the-news"), Tag.objects.create(name="C++", slug="c-plus-plus")
    picture = Media.objects.store(factories.image("blue"), owner=ada, alt="A blue box")
    text = f"---\n# Hi\n\nA [link](/posts/null/) and [another](/about/us/), ![Box]({picture.url}).\n\n    code\n"
    plain = factories.write(ada, "Plain: “quoted” – #1", text, slug="first", category=news, cover=picture, excerpt="One.\nTwo.")
    plain.tags.set([tag])
    plain.publish(at=NOW - timedelta(days=40))
    plain.revise(slug="plain")
    Redirect.objects.create(post=plain, path="2019/plain")
    factories.write(grace, "null", "Text.", language="de").publish(at=NOW - timedelta(days=30, microseconds=7))
    gone = factories.write(grace, "Gone")
    gone.publish(at=NOW - timedelta(days=20))
    gone.withdraw()
    factories.write(grace, "Letter").publish(at=NOW - timedelta(days=10), on_site=False)
    factories.write(grace, "Soon").schedule(publish_at=NOW + timedelta(days=3))
    factories.write(grace, "Draft", "Not yet.")
    first = plain.comment(guest_name="Zoë", guest_email="zoe@example.org", content="Well *said*.")
    first.approve()
    plain.comment(author=grace, content="Thanks.", parent=first)
    plain.comment(guest_name="Max", guest_email="", content="Waits.")
    Subscriber.objects.create(email="r@example.org", state="confirmed", confirmed_at=NOW)


def posts() -> list[dict[str, Any]]:
    """Return all that people can tell of the posts."""
    plain = ("title", "slug", "content", "content_html", "excerpt", "language", "guid", "status", "publish_at", "published_at")
    refer = ("author__username", "author__profile__display_name", "category__name", "category__slug", "cover__file", "on_site")
    return [
        {
            **row,
            "tags": list(Tag.objects.filter(posts=row["pk"]).values_list("name", "slug").order_by("name")),
            "media": list(Media.objects.filter(posts=row["pk"]).values_list("file", "alt")),
            "comments": comments(row["pk"]),
            "pk": None,
        }
        for row in Post.objects.order_by("slug").values("pk", "comment_count", *plain, *refer)
    ]


def comments(post_id: int) -> list[tuple[Any, ...]]:
    found = Comment.objects.filter(post=post_id).order_by("created_at").select_related("author__profile", "parent")
    return [
        (each.author.profile.name if each.author else each.guest_name, each.content_html, each.status, each.created_at,
         each.parent.content if each.parent else "")
        for each in found
    ]  # fmt: skip


def addresses() -> list[tuple[str, int, str]]:
    """Return how every address answers a reader, and where the old ones lead."""
    answers = [
        (path, Client().get(path)) for path in (*PUBLIC, "/posts/first/", "/2019/plain/", "/posts/gone/", "/posts/letter/")
    ]
    return [(path, answer.status_code, answer.headers.get("Location", "")) for path, answer in answers]


def export(folder: Path) -> Path:
    file = folder / "site.zip"
    call_command("export", str(file), stdout=StringIO())
    return file


def wipe() -> None:
    Post.objects.all().delete()
    for media in Media.objects.all():
        default_storage.delete(str(media.file))
    for model in (Media, Tag, Category, User, Subscriber):
        model.objects.all().delete()


class TestASite:
    def test_is_the_same_after_it_was_exported_and_imported(self, site: None, tmp_path: Path) -> None:
        before, reached = posts(), addresses()
        with ZipFile(export(tmp_path)) as archive:
            archive.extractall(tmp_path / "site")
        wipe()
        assert posts() == []
        said = StringIO()
        call_command("import_posts", str(tmp_path / "site"), "--publish", stdout=said)
        after = posts()
        for one, two in zip(before, after, strict=True):
            assert {name: (one[name], two[name]) for name in one if one[name] != two[name]} == {}
        assert addresses() == reached
        assert default_storage.exists(str(Media.objects.get().file))
        again = StringIO()
        call_command("import_posts", str(tmp_path / "site"), "--publish", stdout=again)
        assert posts() == after
        call_command(
            "subscribers", "import", str(tmp_path / "site" / "subscribers.csv"), "--consent", "They moved.", stdout=StringIO()
        )
        assert list(Subscriber.objects.values_list("email", "state")) == [("r@example.org", "confirmed")]

    def test_has_its_people_and_settings_in_the_archive_and_no_secret(self, site: None, tmp_path: Path) -> None:
        with ZipFile(export(tmp_path)) as archive:
            people = [json.loads(line) for line in archive.read("people.jsonl").splitlines()]
            assert [each["username"] for each in people] == ["Ada.L", "grace"]
            assert {"site", "mailing"} == json.loads(archive.read("settings.json")).keys()
            assert json.loads(archive.read("afterword.json"))["counts"] == {
                "posts": 6, "comments": 3, "pictures": 1, "missing": 0,
            }  # fmt: skip
            everything = b"".join(archive.read(name) for name in archive.namelist())
        assert not any(user.password.encode() in everything for user in User.objects.all())


class TestAnExport:
    def test_that_is_damaged_names_what(self, site: None, tmp_path: Path) -> None:
        with ZipFile(export(tmp_path)) as archive:
            archive.extractall(tmp_path / "site")
        (tmp_path / "site" / "posts" / "null.md").write_text("---\ntitle: [\n---\n")
        said = StringIO()
        wipe()
        with pytest.raises(CommandError, match="could not be imported"):
            call_command("import_posts", str(tmp_path / "site"), stdout=said)
        assert "posts/null.md" in said.getvalue()
        (tmp_path / "site" / "afterword.json").write_text('{"format": 99, "site": {"url": ""}}')
        with pytest.raises(CommandError, match="later release"):
            call_command("import_posts", str(tmp_path / "site"), stdout=said)

    def test_reads_no_file_outside_its_folder(self, site: None, tmp_path: Path) -> None:
        with ZipFile(export(tmp_path)) as archive:
            archive.extractall(tmp_path / "site")
        (tmp_path / "secret.md").write_text("---\ntitle: Secret\n---\n")
        (tmp_path / "site" / "posts" / "null.md").unlink()
        (tmp_path / "site" / "posts" / "null.md").symlink_to(tmp_path / "secret.md")
        wipe()
        with pytest.raises(CommandError):
            call_command("import_posts", str(tmp_path / "site"), stdout=StringIO())
        assert not Post.objects.filter(title="Secret").exists()
