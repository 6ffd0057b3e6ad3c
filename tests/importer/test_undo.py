"""An import is taken back whole, except what has been used since."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django import Settings

from app.accounts.models import User
from app.blog.models import Category, Comment, Media, Post, Redirect, Tag
from app.importer import undo
from app.importer.errors import NothingToUndo
from app.importer.models import Import
from app.newsletter.models import Send
from app.social.models import Account, SocialPost
from owed.models import Effect
from owed.testing import Crashed, crash_at, drain, expire_leases, owes
from tests import factories
from tests.importer.sites import item, png, post, wxr
from tests.importer.uploads import editor, imported, jekyll

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.covers("D13")]
# One kill in each run; the others are proofs of `make faults`.
SLOW_POINTS = [pytest.param(each, marks=pytest.mark.slow) for each in ("after-claim", "after-commit", "after-body")]
COMMENT = """<wp:comment><wp:comment_id>7</wp:comment_id><wp:comment_author>Rita</wp:comment_author>
<wp:comment_content>Well said</wp:comment_content><wp:comment_approved>1</wp:comment_approved>
<wp:comment_date_gmt>2015-03-05 10:00:00</wp:comment_date_gmt></wp:comment>"""


@pytest.fixture(autouse=True)
def _own_folder(settings: Settings, tmp_path: Path) -> None:
    options = {"location": tmp_path / "uploads"}
    imports = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": options}
    settings.STORAGES = {**django_settings.STORAGES, "imports": imports}


def undone(run: Import) -> Import:
    run.undo()
    drain()
    run.refresh_from_db()
    return run


def reasons(run: Import) -> dict[str, str]:
    return dict(run.posts.exclude(kept="").values_list("title", "kept"))


class TestAnUndo:
    @pytest.mark.long
    def test_leaves_the_site_as_it_was(self, tmp_path: Path) -> None:
        factories.publish(editor(), "Before")
        factories.person("mira")
        run = imported(jekyll(tmp_path, number=60))
        file = Media.objects.get().file.name
        assert (Post.objects.count(), Tag.objects.count(), Category.objects.count()) == (61, 1, 1)
        assert User.objects.filter(username="mira-imported").exists()
        run = undone(run)
        assert (run.state, run.done, reasons(run)) == ("undone", 60, {})
        assert list(Post.objects.values_list("title", flat=True)) == ["Before"]
        assert [model.__name__ for model in (Redirect, Tag, Category) if model._default_manager.exists()] == []
        drain()
        assert (Media.objects.kept().exists(), default_storage.exists(file)) == (False, False)
        assert sorted(User.objects.values_list("username", flat=True)) == ["edith", "mira"]

    def test_owes_what_a_deletion_owes(self, tmp_path: Path) -> None:
        run = imported(jekyll(tmp_path))
        ids = list(Post.objects.values_list("pk", flat=True))
        run.undo()
        undo.go_on(run.pk, now=timezone.now())
        assert owes("search.remove").count() == 3
        assert {effect.about for effect in owes("cache.purge")} == {f"post:{pk}" for pk in ids}

    def test_keeps_what_has_been_used_since_and_says_why(self, tmp_path: Path) -> None:
        run = imported(jekyll(tmp_path, number=7))
        posts = {each.title: each for each in Post.objects.all()}
        posts["Post 0"].revise(content="Mine")
        posts["Post 2"].revise(tags=[])
        posts["Post 3"].withdraw()
        Comment.objects.create(post=posts["Post 4"], guest_name="Rita", content="Good")
        Send.objects.create(post=posts["Post 5"])
        account = Account.objects.create(network="dummy", name="D", owner=editor())
        SocialPost.objects.create(post=posts["Post 6"], account=account)
        assert len(undo.kept(run)) == 6
        run = undone(run)
        changed = "it was changed or published here since"
        assert reasons(run) == {
            "Post 0": changed,
            "Post 2": changed,
            "Post 3": changed,
            "Post 4": "readers have commented on it",
            "Post 5": "it was sent as a newsletter",
            "Post 6": "it was shared on other networks",
        }
        assert sorted(Post.objects.values_list("title", flat=True)) == sorted(reasons(run))
        assert Media.objects.count() == 1
        assert User.objects.filter(username="mira").exists()

    def test_keeps_a_picture_that_another_post_shows(self, tmp_path: Path) -> None:
        run = imported(jekyll(tmp_path))
        factories.publish(editor(), "Shows it too", f"![boat]({Media.objects.get().url})")
        undone(run)
        assert default_storage.exists(Media.objects.get().file.name)

    def test_takes_no_picture_for_its_own_that_was_here_before(self, tmp_path: Path) -> None:
        Media.objects.store(ContentFile(png(), name="same.png"), editor())
        run = imported(jekyll(tmp_path))
        assert [row.media for row in run.posts.all()] == [[], [], []]

    def test_of_a_second_import_leaves_the_posts_of_the_first(self, tmp_path: Path) -> None:
        imported(wxr(item()), "export.xml")
        again = imported(wxr(item("<p>Other</p>", extra=COMMENT) + item(number=2)), "export.xml")
        assert Comment.objects.count() == 1
        again = undone(again)
        assert reasons(again) == {"Post 1": "it was here before this import"}
        assert list(Post.objects.values_list("title", flat=True)) == ["Post 1"]
        assert (Comment.objects.count(), Post.objects.get().comment_count) == (0, 0)

    def test_deletes_what_came_with_its_posts(self) -> None:
        undone(imported(wxr(item(extra=COMMENT)), "export.xml"))
        assert (Post.objects.count(), Comment.objects.count()) == (0, 0)

    @pytest.mark.long
    @pytest.mark.parametrize("point", ["after-insert", *SLOW_POINTS])
    def test_is_whole_after_a_killed_worker(self, tmp_path: Path, point: str) -> None:
        run = imported(jekyll(tmp_path, number=60))
        run.undo()
        with crash_at(point), pytest.raises(Crashed):
            drain()
        expire_leases()
        drain(within=120)
        run.refresh_from_db()
        assert (run.state, run.done, Post.objects.count()) == ("undone", 60, 0)
        assert Effect.objects.filter(task="search.remove").count() == 60

    def test_happens_once(self, tmp_path: Path) -> None:
        run = undone(imported(jekyll(tmp_path)))
        with pytest.raises(NothingToUndo):
            run.undo()


class TestTheCommands:
    def test_record_an_import_and_take_it_back(self, tmp_path: Path) -> None:
        post(tmp_path / "site", "a.md", title="A")
        post(tmp_path / "site", "b.md", title="B")
        out = StringIO()
        call_command("import_posts", tmp_path / "site", "--publish", stdout=out)
        run = Import.objects.get()
        assert (run.state, run.done, f"undo_import {run.pk}" in out.getvalue()) == ("done", 2, True)
        Post.objects.get(title="B").revise(content="Mine")
        out = StringIO()
        call_command("undo_import", stdout=out)
        assert out.getvalue().split()[0] == str(run.pk)
        out = StringIO()
        call_command("undo_import", run.pk, "--dry-run", stdout=out)
        assert out.getvalue().splitlines()[0] == "1 posts would be deleted, 1 kept."
        out = StringIO()
        call_command("undo_import", run.pk, stdout=out)
        assert out.getvalue().splitlines() == [
            "1 posts deleted, 1 kept.",
            "  B: it was changed or published here since",
        ]
        assert Post.objects.get().title == "B"
        with pytest.raises(CommandError, match="nothing to undo"):
            call_command("undo_import", run.pk)

    def test_look_without_storing(self, tmp_path: Path) -> None:
        post(tmp_path, "a.md", "[x](/gone/)", title="A")
        out = StringIO()
        call_command("import_posts", tmp_path, "--dry-run", stdout=out)
        lines = out.getvalue().splitlines()
        assert lines[:2] == ["1 post, 0 as they were, 1 with losses: see below.", "1 would be new"]
        assert (Post.objects.count(), Import.objects.count()) == (0, 0)

    def test_keep_no_record_of_what_is_no_source(self, tmp_path: Path) -> None:
        with pytest.raises(CommandError, match="no such file"):
            call_command("import_posts", tmp_path / "nothing")
        with pytest.raises(CommandError, match="There is no import 7"):
            call_command("undo_import", 7)
        assert not Import.objects.exists()
