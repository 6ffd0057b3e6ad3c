"""An upload is checked and imported by workers, part by part."""

from __future__ import annotations

import tempfile
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.core.files.storage import storages
from django.utils import timezone
from pytest_django import Settings

from app.blog.models import Media, Post, Redirect
from app.importer import work
from app.importer.errors import NotReady
from app.importer.models import Import
from app.importer.work import report_of
from owed.models import Effect, State
from owed.testing import Crashed, crash_at, drain, expire_leases, owes
from tests.importer.sites import ghost, item, wxr
from tests.importer.uploads import checked, imported, jekyll, upload, zipped

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.covers("D13", "P10")]
# One kill in each run; the others are proofs of `make faults`.
SLOW_POINTS = [pytest.param(each, marks=pytest.mark.slow) for each in ("after-claim", "after-commit", "after-body")]


@pytest.fixture(autouse=True)
def _own_folder(settings: Settings, tmp_path: Path) -> None:
    options = {"location": tmp_path / "uploads"}
    imports = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": options}
    settings.STORAGES = {**django_settings.STORAGES, "imports": imports}


class TestTheCheck:
    def test_counts_by_kind_and_stores_nothing(self, tmp_path: Path) -> None:
        run = checked(jekyll(tmp_path))
        report = report_of(run)
        assert (run.state, run.total, run.done, Post.objects.count(), Media.objects.count()) == ("checked", 3, 3, 0, 0)
        assert report.sentence() == "3 posts, 2 as they were, 1 with losses: see below."
        assert report.counts() == (
            "3 would be new, 3 would be published, 1 page or file left out, 2 images in the posts, 3 old addresses"
        )
        [lost] = [items for _, items, _ in report.sections() if any("gone.png" in each for each in items)]
        assert lost == ["_posts/2015-03-02-post-1.md:10: /img/gone.png (missing)"]

    def test_foresees_what_the_import_then_does(self, tmp_path: Path) -> None:
        run = checked(wxr(item() + item(number=2, status="draft") + item(number=3, post_type="page")), "export.xml")
        before = report_of(run)
        run.begin()
        drain()
        run.refresh_from_db()
        after = report_of(run)
        assert run.state == "done"
        for name in ("done", "published", "images", "comments", "addresses", "losses", "drafts", "skipped", "failed"):
            assert getattr(before, name) == getattr(after, name), name

    def test_names_what_would_be_updated(self, tmp_path: Path) -> None:
        imported(wxr(item() + item(number=2)), "export.xml")
        Post.objects.get(title="Post 2").revise(content="Mine now")
        again = report_of(checked(wxr(item("<p>Other</p>") + item("<p>Other</p>", number=2) + item(number=3)), "export.xml"))
        assert again.done == {"updated": 1, "kept": 1, "created": 1}

    @pytest.mark.parametrize(
        ("name", "content", "sentence"),
        [
            ("site.zip", b"PK\x03\x04 nonsense", "The ZIP is damaged. Make it again, or upload it again."),
            ("site.zip", zipped({}), "The ZIP holds no files."),
            ("site.zip", zipped({"a/style.css": "x", "a/b.css": "x"}), "No posts were found in this file."),
            ("x.json", "[1", "No posts were found in this file."),
        ],
    )
    def test_ends_with_a_sentence(self, name: str, content: bytes, sentence: str) -> None:
        run = checked(content, name)
        assert (run.state, run.error, run.file) == ("failed", sentence, "")
        with pytest.raises(NotReady):
            run.begin()


class TestAnImport:
    @pytest.mark.parametrize("prefix", ["", "old-blog-main/", "a/b/"])
    def test_of_a_zip_brings_posts_pictures_and_old_addresses(self, tmp_path: Path, prefix: str) -> None:
        run = imported(jekyll(tmp_path, prefix=prefix))
        assert (run.state, run.done, run.file) == ("done", 3, "")
        assert report_of(run).counts().startswith("3 created, 3 published, 1 page or file left out, 2 images")
        assert [post.slug for post in Post.objects.public().order_by("title")] == ["post-0", "post-1", "post-2"]
        assert (Media.objects.count(), Redirect.objects.count()) == (1, 3)
        assert list(Path(storages["imports"].location).iterdir()) == []

    def test_of_an_export_in_a_zip_finds_the_pictures_beside_it(self, tmp_path: Path) -> None:
        run = imported(zipped({"exports/blog.json": ghost({"title": "Hi"}), "exports/readme.txt": "x"}))
        assert (run.state, Post.objects.get().title) == ("done", "Hi")

    @pytest.mark.long
    def test_is_not_there_twice_when_uploaded_twice(self, tmp_path: Path) -> None:
        imported(jekyll(tmp_path))
        assert report_of(imported(jekyll(tmp_path))).done == {"unchanged": 3}
        assert Post.objects.count() == 3

    def test_of_two_nameless_sites_mixes_nothing(self, tmp_path: Path) -> None:
        for words in ("one", "two"):
            imported(zipped({"_posts/2020-01-01-hello.md": f"---\ntitle: Hello\n---\n{words}"}))
        assert sorted(Post.objects.values_list("content", flat=True)) == ["one\n", "two\n"]

    def test_takes_the_options(self, tmp_path: Path) -> None:
        imported(wxr(item()), "export.xml", publish=False)
        assert Post.objects.get().status == "draft"

    @pytest.mark.long
    def test_goes_on_part_by_part(self, tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(work, "A_PART", 0.0)
        monkeypatch.setattr(work.go_on, "__kwdefaults__", {"seconds": 0.0})
        run = imported(jekyll(tmp_path, number=120))
        assert (run.state, run.done, Post.objects.public().count()) == ("done", 120, 120)
        assert Effect.objects.filter(task="upkeep.run_import", state=State.DONE).count() == 3

    @pytest.mark.long
    @pytest.mark.parametrize("point", ["after-insert", *SLOW_POINTS])
    def test_is_complete_and_nothing_twice_after_a_killed_worker(self, tmp_path: Path, point: str) -> None:
        run = checked(jekyll(tmp_path, number=60))
        run.begin()
        with crash_at(point), pytest.raises(Crashed):
            drain()
        expire_leases()
        drain(within=120)
        run.refresh_from_db()
        assert (run.state, run.posts.count(), Post.objects.public().count()) == ("done", 60, 60)
        assert Effect.objects.filter(task="search.refresh").count() == 60

    def test_starts_once(self, tmp_path: Path) -> None:
        run = checked(jekyll(tmp_path))
        run.begin()
        with pytest.raises(NotReady):
            Import.objects.get(pk=run.pk).begin()
        assert owes("upkeep.run_import").count() == 1

    def test_that_stopped_for_good_is_tried_again_by_hand(self, tmp_path: Path) -> None:
        run = upload(jekyll(tmp_path))
        assert run.is_stalled is False
        Effect.objects.update(state=State.DEAD, finished_at=timezone.now())
        assert run.is_stalled is True
        run.resume()
        drain()
        run.refresh_from_db()
        assert run.state == "checked"

    def test_that_a_worker_just_finished_did_not_stop(self, tmp_path: Path) -> None:
        run = upload(jekyll(tmp_path))
        as_read_before = Import.objects.get(pk=run.pk)
        drain()
        assert as_read_before.is_working
        assert as_read_before.is_stalled is False


class TestACopyOfAKilledWorker:
    def test_is_deleted_after_a_day(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
        (tmp_path / "afterword-import-x" / "site").mkdir(parents=True)
        (tmp_path / "other").mkdir()
        work.clear(timezone.now() + timedelta(hours=23))
        assert (tmp_path / "afterword-import-x").exists()
        work.clear(timezone.now() + timedelta(hours=25))
        assert [each.name for each in tmp_path.iterdir()] == ["other"]


class TestAForgottenUpload:
    def test_is_deleted_after_a_week(self, tmp_path: Path) -> None:
        run = checked(jekyll(tmp_path))
        work.clear(timezone.now() + timedelta(days=6))
        assert storages["imports"].exists(run.file)
        work.clear(timezone.now() + timedelta(days=8))
        assert list(Path(storages["imports"].location).iterdir()) == []
        with pytest.raises(NotReady):
            Import.objects.get(pk=run.pk).begin()
