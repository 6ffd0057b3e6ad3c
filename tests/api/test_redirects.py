"""Redirects of old addresses by the API."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.api.client import ROOT, Program, person, program_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def editor() -> Program:
    return program_of(person("edith", "editor"))


class TestARedirect:
    def test_is_kept_changed_found_and_deleted(self, editor: Program) -> None:
        made = editor.post("/redirects", {"path": "/old-page/", "target": "/about/"})
        assert (made.status, made.json["path"], made.json["is_permanent"]) == (200, "/old-page", True)
        assert Client().get("/old-page").headers["Location"] == "/about/"
        again = editor.post("/redirects", {"path": "/old-page", "target": "https://example.org/", "is_permanent": False})
        assert again.json == {**made.json, "target": "https://example.org/", "is_permanent": False}
        assert Client().get("/old-page").status_code == 302
        assert editor.get("/redirects", q="OLD").json == {"count": 1, "items": [again.json]}
        assert editor.get("/redirects", page=2).json == {"count": 1, "items": []}
        path = f"/redirects/{made.json['id']}"
        assert [editor.delete(path).status, editor.delete(path).status] == [204, 404]
        assert Client().get("/old-page").status_code == 404

    @pytest.mark.parametrize(
        ("path", "target", "field"),
        [("old", "/new", "path"), ("/old", "javascript:1", "target"), ("/same", "/same/", "target"), ("", "/new", "path")],
    )
    def test_that_leads_nowhere_is_refused_by_field(self, editor: Program, path: str, target: str, field: str) -> None:
        answer = editor.post("/redirects", {"path": path, "target": target})
        assert (answer.status, list(answer.json["fields"])) == (422, [field])
        assert editor.get("/redirects").json["count"] == 0

    def test_is_for_editors_alone(self, author: Program) -> None:
        assert author.get("/redirects").status == 403
        assert author.post("/redirects", {"path": "/old", "target": "/new"}).status == 403


class TestAFileOfRedirects:
    def test_is_taken_line_by_line(self, editor: Program) -> None:
        file = SimpleUploadedFile("old.csv", b"from,to\n/a,/new\n/b,/new,302\nc,/new\n", "text/csv")
        headers = {"Authorization": f"Token {editor.token}"}
        answer = editor.client.post(f"{ROOT}/redirects/import", {"file": file}, headers=headers)
        assert answer.json() == {"kept": 2, "refused": 1, "problems": ["Line 4: Begin with /, as in /old-page."]}
        assert {each["path"] for each in editor.get("/redirects").json["items"]} == {"/a", "/b"}

    def test_that_is_no_text_is_refused(self, editor: Program) -> None:
        headers = {"Authorization": f"Token {editor.token}"}
        answer = editor.client.post(
            f"{ROOT}/redirects/import", {"file": SimpleUploadedFile("old.csv", b"\xff\xfe")}, headers=headers
        )
        assert (answer.status_code, answer.json()["detail"]) == (422, "Save the file as UTF-8.")
