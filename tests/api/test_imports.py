"""Imports by programs."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import Settings

from app.accounts.models import ApiToken, Role
from app.blog.models import Post
from owed.testing import drain
from tests import factories
from tests.api.client import Program
from tests.importer.uploads import jekyll

pytestmark = [pytest.mark.django_db, pytest.mark.covers("D13")]


@pytest.fixture(autouse=True)
def _own_folder(settings: Settings, tmp_path: Path) -> None:
    options = {"location": tmp_path / "uploads"}
    imports = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": options}
    settings.STORAGES = {**django_settings.STORAGES, "imports": imports}


def headers(role: str) -> dict[str, str]:
    return {"Authorization": f"Token {ApiToken.objects.issue(factories.person(role, role), 'test')[1]}"}


class TestAnImport:
    def test_needs_a_file(self, client: Client) -> None:
        answer = client.post("/api/v1/imports", {"publish": "true"}, headers=headers(Role.EDITOR))
        assert (answer.status_code, list(answer.json()["fields"])) == (422, ["file"])

    def test_is_uploaded_read_run_and_taken_back(self, client: Client, tmp_path: Path) -> None:
        editor = headers(Role.EDITOR)
        sent = {"file": SimpleUploadedFile("site.zip", jekyll(tmp_path)), "publish": "true", "site": "https://old.example"}
        made = client.post("/api/v1/imports", sent, headers=editor)
        assert (made.status_code, made.json()["state"]) == (201, "checking")
        drain()
        address = made["Location"]
        seen = client.get(address, headers=editor).json()
        assert (seen["state"], seen["sentence"]) == ("checked", "3 posts, 2 as they were, 1 with losses: see below.")
        assert any("post-1.md:10: /img/gone.png (missing)" in each for part in seen["sections"] for each in part["items"])
        assert client.post(f"{address}/run", headers=editor).status_code == 202
        assert client.post(f"{address}/run", headers=editor).status_code == 409
        drain()
        assert client.get(address, headers=editor).json()["state"] == "done"
        assert Post.objects.public().count() == 3
        assert client.delete(f"{address}/run", headers=editor).status_code == 202
        drain()
        assert [each["state"] for each in client.get("/api/v1/imports", headers=editor).json()] == ["undone"]
        assert Post.objects.count() == 0

    @pytest.mark.parametrize(
        ("name", "fields", "wrong"),
        [("a.rar", {}, "file"), ("a.zip", {"site": "ftp://x"}, "site"), ("a.zip", {"publish": "perhaps"}, "publish")],
    )
    def test_is_refused_by_field(self, client: Client, name: str, fields: dict[str, str], wrong: str) -> None:
        sent = {"file": SimpleUploadedFile(name, b"x"), **fields}
        answer = client.post("/api/v1/imports", sent, headers=headers(Role.EDITOR))
        assert (answer.status_code, list(answer.json()["fields"])) == (422, [wrong])

    @pytest.mark.parametrize("role", [Role.READER, Role.CONTRIBUTOR, Role.AUTHOR])
    def test_is_for_editors(self, client: Client, role: str) -> None:
        own = headers(role)
        answers = [client.get("/api/v1/imports", headers=own), client.get("/api/v1/imports/1", headers=own)]
        answers += [client.post("/api/v1/imports/1/run", headers=own), client.delete("/api/v1/imports/1/run", headers=own)]
        answers.append(client.post("/api/v1/imports", {"file": SimpleUploadedFile("a.zip", b"x")}, headers=own))
        assert {answer.status_code for answer in answers} == {403}


class TestAnUploadThatCannotBeRead:
    @pytest.mark.parametrize(
        "kind", ["multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=é"]
    )
    def test_is_refused(self, editor: Program, kind: str) -> None:
        answer = editor.send("post", "/imports", b"--x", content_type=kind)
        assert (answer.status, answer.json["detail"]) == (400, "The body cannot be read.")
