"""Moving in from another system, in a browser."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from app.blog.models import Post
from app.importer.models import Import
from owed.models import Effect, State
from owed.testing import drain
from tests.importer.sites import item, wxr
from tests.importer.uploads import jekyll
from tests.studio.forms import SignedIn

pytestmark = [pytest.mark.django_db, pytest.mark.covers("D13")]


@pytest.fixture(autouse=True)
def _own_folder(settings: Settings, tmp_path: Path) -> None:
    options = {"location": tmp_path / "uploads"}
    imports = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": options}
    settings.STORAGES = {**django_settings.STORAGES, "imports": imports}


@pytest.fixture
def edith(signed_in: SignedIn) -> Client:
    return signed_in("editor")


def send(client: Client, content: bytes | str, name: str = "site.zip", **fields: str) -> Import:
    """Upload, and return what was made of it."""
    file = SimpleUploadedFile(name, content.encode() if isinstance(content, str) else content)
    answer = client.post("/studio/import/", {"file": file, "publish": "on", **fields})
    run = Import.objects.latest("pk")
    assert answer["Location"] == f"/studio/import/{run.pk}/"
    return run


def page(client: Client, run: Import, *, htmx: bool = False) -> str:
    headers = {"HX-Request": "true"} if htmx else {}
    return client.get(f"/studio/import/{run.pk}/", headers=headers).content.decode()


class TestAnUpload:
    def test_is_checked_then_imported_then_undone(self, edith: Client, tmp_path: Path) -> None:
        run = send(edith, jekyll(tmp_path))
        waiting = page(edith, run)
        assert 'hx-trigger="every 1s"' in waiting
        assert "Reading the file…" in waiting
        drain()
        seen = page(edith, run, htmx=True)
        assert "<html" not in seen
        assert "hx-trigger" not in seen
        assert "3 posts, 2 as they were, 1 with losses: see below." in seen
        assert "_posts/2015-03-02-post-1.md:10: /img/gone.png (missing)" in seen
        assert "Put the files in place and import again" in seen
        assert Post.objects.count() == 0
        edith.post(f"/studio/import/{run.pk}/start")
        assert "0 of 3 posts imported." in page(edith, run)
        drain()
        done = page(edith, run)
        post = Post.objects.get(title="Post 0")
        assert f'href="/studio/posts/{post.pk}/"' in done
        assert "3 created" in done
        post.revise(content="Mine")
        asked = edith.get(f"/studio/import/{run.pk}/undo/").content.decode()
        assert "<strong>2 posts</strong> are deleted" in asked
        assert "<strong>1 post stays</strong>" in asked
        edith.post(f"/studio/import/{run.pk}/undo/")
        drain()
        assert "2 posts were deleted again." in page(edith, run)
        assert list(Post.objects.all()) == [post]

    @pytest.mark.parametrize(
        ("name", "content", "sentence"),
        [
            ("site.rar", b"Rar!", "Upload a ZIP of the site&#x27;s folder"),
            ("big.zip", b"x" * 3_000_000, "The file has 3 MB; at most 2 MB are accepted."),
            ("empty.zip", b"", "The submitted file is empty."),
        ],
    )
    def test_is_refused_at_once(self, edith: Client, settings: Settings, name: str, content: bytes, sentence: str) -> None:
        settings.IMPORT_MAX_BYTES = 2 * 2**20
        answer = edith.post("/studio/import/", {"file": SimpleUploadedFile(name, content)})
        assert (answer.status_code, Import.objects.count()) == (422, 0)
        assert sentence in answer.content.decode()

    def test_that_is_broken_is_explained(self, edith: Client) -> None:
        run = send(edith, b"PK nonsense")
        drain()
        assert "The ZIP is damaged. Make it again, or upload it again." in page(edith, run)
        assert "Import now" not in page(edith, run)

    def test_shows_no_markup_of_a_file(self, edith: Client) -> None:
        content = item("<script>alert(1)</script><p>x</p>").replace("Post 1", "&lt;b&gt;Bold")
        run = send(edith, wxr(content), "<i>.xml")
        drain()
        assert "<b>Bold" not in page(edith, run)
        assert "<i>.xml" not in page(edith, run)

    def test_is_reported_whole_as_text(self, edith: Client, tmp_path: Path) -> None:
        run = send(edith, jekyll(tmp_path))
        drain()
        answer = edith.get(f"/studio/import/{run.pk}/report.txt")
        assert answer["Content-Type"] == "text/plain; charset=utf-8"
        assert answer.content.decode().startswith("3 posts, 2 as they were, 1 with losses: see below.\n")

    def test_that_stopped_can_be_tried_again(self, edith: Client, tmp_path: Path) -> None:
        run = send(edith, jekyll(tmp_path))
        Effect.objects.update(state=State.DEAD, finished_at=timezone.now())
        assert "It stopped after several tries." in page(edith, run)
        edith.post(f"/studio/import/{run.pk}/retry")
        drain()
        assert "Import now" in page(edith, run)

    def test_starts_once_and_says_so(self, edith: Client, tmp_path: Path) -> None:
        run = send(edith, jekyll(tmp_path))
        drain()
        edith.post(f"/studio/import/{run.pk}/start")
        again = edith.post(f"/studio/import/{run.pk}/start", follow=True).content.decode()
        assert "This import cannot be started now" in again


class TestTheDoors:
    @pytest.mark.parametrize("role", ["reader", "contributor", "author"])
    def test_are_closed_to_those_who_may_not_import(
        self, signed_in: SignedIn, edith: Client, tmp_path: Path, role: str
    ) -> None:
        run = send(edith, jekyll(tmp_path))
        client = signed_in(role)
        for path in ("", f"{run.pk}/", f"{run.pk}/report.txt", f"{run.pk}/undo/"):
            assert client.get(f"/studio/import/{path}").status_code == 403
        for path in ("", f"{run.pk}/start", f"{run.pk}/retry", f"{run.pk}/undo/"):
            assert client.post(f"/studio/import/{path}").status_code == 403
        if role != "reader":
            assert "/studio/import/" not in client.get("/studio/").content.decode()

    def test_act_by_no_get(self, edith: Client, tmp_path: Path) -> None:
        run = send(edith, jekyll(tmp_path))
        for path in ("start", "retry"):
            assert edith.get(f"/studio/import/{run.pk}/{path}").status_code == 405

    def test_lead_to_no_upload_from_outside(self, edith: Client, tmp_path: Path) -> None:
        run = send(edith, jekyll(tmp_path))
        assert Client().get(f"/media/{run.file}").status_code == 404
        assert Path(django_settings.MEDIA_ROOT) not in Path(django_settings.STORAGES["imports"]["OPTIONS"]["location"]).parents
