"""Leaving, in a browser and by programs."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest
from django.conf import settings as django_settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import FileResponse
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from app.accounts.models import ApiToken, User
from app.blog.models import Post
from app.exporter.models import Export
from app.importer.models import Import
from owed.models import Effect
from owed.testing import drain
from tasks.upkeep import clear_imports
from tests import factories
from tests.studio.forms import SignedIn

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_folders(settings: Settings, tmp_path: Path) -> None:
    backend = "django.core.files.storage.FileSystemStorage"
    own = {name: {"BACKEND": backend, "OPTIONS": {"location": tmp_path / name}} for name in ("exports", "imports")}
    settings.STORAGES = {**django_settings.STORAGES, **own}


@pytest.fixture
def edith(signed_in: SignedIn) -> Client:
    return signed_in("editor")


@pytest.fixture
def post(author: User) -> Post:
    return factories.publish(author, "Leaves")


def page(client: Client, *, htmx: bool = False) -> str:
    return client.get("/studio/export/", headers={"HX-Request": "true"} if htmx else {}).content.decode()


def body(answer: object) -> bytes:
    assert isinstance(answer, FileResponse)
    return b"".join(answer.streaming_content)  # type: ignore[arg-type]  # at its end the client closes the file


class TestAnExport:
    def test_is_built_downloaded_and_read_back(self, edith: Client, post: Post) -> None:
        assert "No exports yet." in page(edith)
        assert edith.post("/studio/export/")["Location"] == "/studio/export/"
        edith.post("/studio/export/")  # a second press
        run = Export.objects.get()
        waiting = page(edith, htmx=True)
        assert "<html" not in waiting
        assert 'hx-trigger="every 1s"' in waiting
        drain()
        seen = page(edith)
        assert 'hx-trigger="every 1s"' not in seen
        assert "1 post" in seen
        answer = edith.get(f"/studio/export/{run.pk}/site.zip")
        assert answer["Content-Type"] == "application/zip"
        content = body(answer)
        assert "posts/leaves.md" in ZipFile(BytesIO(content)).namelist()
        Post.objects.all().delete()
        edith.post("/studio/import/", {"file": SimpleUploadedFile("site.zip", content), "publish": "on"})
        drain()
        Import.objects.get().begin()
        drain()
        assert list(Post.objects.public().values_list("slug", flat=True)) == ["leaves"]

    def test_is_for_the_one_who_asked_and_superusers(
        self, edith: Client, post: Post, author: User, client: Client, signed_in: SignedIn
    ) -> None:
        edith.post("/studio/export/")
        drain()
        file = f"/studio/export/{Export.objects.get().pk}/site.zip"
        client.force_login(factories.person("other", "editor"))
        assert (client.get(file).status_code, "Download" in page(client)) == (404, False)
        client.force_login(author)
        assert (client.get(file).status_code, client.get("/studio/export/").status_code) == (403, 403)
        assert Client().get(file).status_code == 302
        client.force_login(User.objects.create_superuser("root", "root@example.org"))
        assert b"Leaves" in ZipFile(BytesIO(body(client.get(file)))).read("posts/leaves.md")

    def test_is_deleted_after_a_week_or_by_hand(self, edith: Client, post: Post, tmp_path: Path) -> None:
        for _ in range(2):
            edith.post("/studio/export/")
            drain()
        first, second = Export.objects.order_by("pk")
        assert len(list((tmp_path / "exports").iterdir())) == 2
        Export.objects.filter(pk=first.pk).update(finished_at=timezone.now() - timedelta(days=8))
        clear_imports()
        assert edith.get(f"/studio/export/{first.pk}/site.zip").status_code == 404
        body(edith.get(f"/studio/export/{second.pk}/site.zip"))
        edith.post(f"/studio/export/{second.pk}/deletion")
        assert list((tmp_path / "exports").iterdir()) == []
        assert page(edith).count("Deleted") == 2

    def test_that_stopped_says_so_and_another_can_be_asked_for(self, edith: Client, post: Post) -> None:
        edith.post("/studio/export/")
        Effect.objects.filter(task="upkeep.build_export").update(state="dead", finished_at=timezone.now())
        seen = page(edith)
        assert "It stopped after several tries" in seen
        assert "Failed" in seen
        edith.post("/studio/export/")
        drain()
        assert sorted(Export.objects.values_list("state", flat=True)) == ["building", "done"]


class TestAProgram:
    def test_asks_follows_downloads_and_deletes(self, client: Client, post: Post) -> None:
        editor, other = ({"Authorization": f"Token {_token(name)}"} for name in ("edna", "olaf"))
        made = client.post("/api/v1/exports", headers=editor)
        assert (made.status_code, made.json()["state"]) == (202, "building")
        address = made["Location"]
        assert client.get(f"{address}/file", headers=editor).status_code == 404
        drain()
        seen = client.get(address, headers=editor).json()
        assert (seen["state"], seen["counts"]["posts"], seen["done"]) == ("done", 1, 1)
        assert "afterword.json" in ZipFile(BytesIO(body(client.get(f"{address}/file", headers=editor)))).namelist()
        assert [client.get(path, headers=other).status_code for path in (address, f"{address}/file")] == [404, 404]
        assert [len(client.get("/api/v1/exports", headers=each).json()) for each in (editor, other)] == [1, 0]
        assert client.delete(f"{address}/file", headers=editor).status_code == 204
        assert client.get(f"{address}/file", headers=editor).status_code == 404

    def test_that_may_not_export_is_refused(self, client: Client, author: User) -> None:
        own = {"Authorization": f"Token {ApiToken.objects.issue(author, 'test')[1]}"}
        answers = [client.post("/api/v1/exports", headers=own), client.get("/api/v1/exports", headers=own)]
        assert [each.status_code for each in answers] == [403, 403]


def _token(name: str) -> str:
    return ApiToken.objects.issue(factories.person(name, "editor"), "test")[1]
