"""Uploads while the disk is full: kept in memory on their way, and those that already pass through a temporary file."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import Settings

from app.accounts.models import ApiToken
from app.blog.models import Media, Post
from app.importer.models import Import
from tests.full_disk import no_room, noise
from tests.studio.forms import Person, SignedIn, typed

pytestmark = pytest.mark.django_db
NO_ROOM = "the server has no room for it"
SIZES = pytest.mark.parametrize("width", [1500, 7000], ids=["in memory", "by a temporary file"])


@pytest.fixture
def folder(settings: Settings, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.FILE_UPLOAD_TEMP_DIR = tmp_path / "passing"
    settings.STORAGES = {**settings.STORAGES, "imports": _stored_in(tmp_path / "imports")}
    for name in ("media", "passing", "imports"):
        (tmp_path / name).mkdir()
    return tmp_path


def _stored_in(folder: Path) -> dict[str, object]:
    return {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": folder}}


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def archive(size: int) -> SimpleUploadedFile:
    return SimpleUploadedFile("site.md", b"# Title\n\n" + b"words " * (size // 6), "text/markdown")


class TestAPictureOnAFullDisk:
    @SIZES
    def test_is_refused_by_the_editor_which_keeps_the_text(self, signed_in: SignedIn, folder: Path, width: int) -> None:
        writer, picture = signed_in("author"), noise(width)
        with no_room():
            answer = writer.post("/studio/posts/new/", typed(content="Written for an hour.", upload=picture))
        page = answer.content.decode()
        assert answer.status_code == 422
        assert NO_ROOM in page
        assert "Written for an hour." in page
        assert (files(folder), Post.objects.count(), Media.objects.count()) == ([], 0, 0)

    def test_leaves_a_saved_post_as_it_was(self, signed_in: SignedIn, folder: Path, draft: Post) -> None:
        writer = signed_in("author")
        with no_room():
            sent = typed(content="Changed.", revision=draft.revision, upload=noise(1500))
            answer = writer.post(f"/studio/posts/{draft.pk}/", sent)
        assert (answer.status_code, "Changed." in answer.content.decode()) == (422, True)
        draft.refresh_from_db()
        assert (draft.content, files(folder)) == ("Some words.", [])

    @SIZES
    def test_is_refused_by_the_library(self, signed_in: SignedIn, folder: Path, width: int) -> None:
        writer, picture = signed_in("author"), noise(width)
        with no_room():
            answer = writer.post("/studio/media/", {"file": picture, "alt": "Noise, described"})
        page = answer.content.decode()
        assert (answer.status_code, NO_ROOM in page, "Noise, described" in page) == (422, True, True)
        assert (files(folder), Media.objects.count()) == ([], 0)

    def test_is_stored_when_there_is_room_again(self, signed_in: SignedIn, folder: Path) -> None:
        writer, picture = signed_in("author"), noise(1500)
        with no_room():
            writer.post("/studio/media/", {"file": picture})
        picture.seek(0)
        assert writer.post("/studio/media/", {"file": picture}).status_code == 200
        [path] = files(folder / "media")
        assert path.stat().st_size == Media.objects.get().size

    def test_where_not_even_a_folder_can_be_made(self, signed_in: SignedIn, folder: Path, settings: Settings) -> None:
        (folder / "media").rmdir()
        (folder / "media").write_bytes(b"in the way")
        answer = signed_in("author").post("/studio/media/", {"file": noise(1500)})
        assert (answer.status_code, NO_ROOM in answer.content.decode()) == (422, True)


class TestAnImportOnAFullDisk:
    @pytest.mark.parametrize("size", [1_000_000, 4_000_000], ids=["in memory", "by a temporary file"])
    def test_is_refused_by_the_studio_which_keeps_what_was_typed(self, signed_in: SignedIn, folder: Path, size: int) -> None:
        editor = signed_in("editor")
        with no_room():
            answer = editor.post("/studio/import/", {"file": archive(size), "site": "https://old.example/"})
        page = answer.content.decode()
        assert (answer.status_code, NO_ROOM in page, "https://old.example/" in page) == (422, True, True)
        assert (files(folder), Import.objects.count()) == ([], 0)

    @pytest.mark.parametrize("size", [1_000_000, 4_000_000], ids=["in memory", "by a temporary file"])
    def test_is_refused_by_the_api_as_insufficient_storage(self, person: Person, folder: Path, size: int) -> None:
        _token, key = ApiToken.objects.issue(person("editor"), "test")
        with no_room():
            answer = Client().post("/api/v1/imports", {"file": archive(size)}, headers={"Authorization": f"Token {key}"})
        assert (answer.status_code, NO_ROOM in answer.json()["detail"]) == (507, True)
        assert (files(folder), Import.objects.count()) == ([], 0)
