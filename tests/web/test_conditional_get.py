"""How pages leave: cookies, policies, caching; and what they are made of."""

from __future__ import annotations

import json
import re
from hashlib import sha256
from pathlib import Path

import pytest
from django.test import Client

from app.accounts.models import User
from app.blog.models import Category, Tag
from tests.factories import Publish

APP = Path(__file__).resolve().parents[2] / "app"
STATIC = APP / "web" / "static"
TEMPLATES = [*APP.glob("web/templates/**/*.html"), *APP.glob("studio/templates/**/*.html")]
SHELVES = ["/authors/anna/", "/categories/c/", "/tags/t/", "/archive/"]
PAGES = ["/", "/posts/a-slower-web/", *SHELVES, "/search/?q=web", "/sitemap.xml"]
PUBLIC = [*PAGES, "/nowhere/"]


@pytest.fixture
def site(write: Publish) -> None:
    post = write(category=Category.objects.create(name="C", slug="c"))
    post.tags.add(Tag.objects.create(name="T", slug="t"))


@pytest.mark.django_db
@pytest.mark.usefixtures("site")
class TestAPublicPage:
    @pytest.mark.parametrize("path", PUBLIC)
    def test_sets_no_cookie(self, client: Client, path: str) -> None:
        assert not client.get(path).cookies

    @pytest.mark.parametrize("path", PUBLIC)
    def test_allows_nothing_inline(self, client: Client, path: str) -> None:
        answer = client.get(path)
        policy = answer["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "unsafe" not in policy
        page = answer.content.decode()
        assert not re.search(r"<[a-z][^<>]*\s(style|on\w+)\s*=", page)
        assert "<style" not in page
        assert not re.search(r"<script(?![^>]*\bsrc=)(?![^>]*application/ld\+json)", page)
        assert not re.search(r'<(?:script|link|img)[^>]*(?:src|href)="https?://(?!127\.0\.0\.1:8000)', page)

    @pytest.mark.parametrize("path", PAGES)
    def test_is_cached_until_it_changes(self, client: Client, path: str) -> None:
        first = client.get(path)
        assert first["Cache-Control"] == "public, max-age=0, must-revalidate"
        assert "Cookie" in first["Vary"]
        again = client.get(path, headers={"If-None-Match": first["ETag"]})
        assert (again.status_code, again.content) == (304, b"")

    def test_is_private_for_who_is_signed_in(self, client: Client, reader: User) -> None:
        client.force_login(reader)
        answer = client.get("/posts/a-slower-web/")
        assert "no-store" in answer["Cache-Control"]
        assert "ETag" not in answer

    @pytest.mark.parametrize("path", PAGES)
    def test_answers_head_and_refuses_other_verbs(self, client: Client, path: str) -> None:
        assert client.head(path).status_code == 200
        assert client.put(path).status_code == 405


class TestATemplate:
    @pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(APP)))
    def test_holds_no_inline_style_or_script(self, path: Path) -> None:
        text = path.read_text()
        assert not re.search(r"<[^<>]*\s(style|on\w+|hx-on[\w:-]*)\s*=", text)
        assert "javascript:" not in text


class TestAVendoredFile:
    def test_is_what_its_table_says(self) -> None:
        rows = re.findall(
            r"^\| `([^`]+)` .*`([0-9a-f]{64})` \|$", (STATIC / "vendor" / "VENDORED.md").read_text(), re.MULTILINE
        )
        assert len(rows) == 9
        for name, digest in rows:
            assert sha256((STATIC / name).read_bytes()).hexdigest() == digest, name

    def test_of_the_editor_is_small_and_of_the_locked_versions(self) -> None:
        assert (STATIC / "vendor" / "editor.min.js").stat().st_size < 160_000
        told = (STATIC / "vendor" / "VENDORED.md").read_text()
        locked = json.loads((APP.parent / "tools/editor_bundle/package-lock.json").read_text())["packages"]
        for name in locked[""]["dependencies"]:
            assert f"| {name} | {locked[f'node_modules/{name}']['version']} |" in told
        assert not any("resolved" in each for each in locked.values())

    def test_is_told_for_each_file(self) -> None:
        told = (STATIC / "vendor" / "VENDORED.md").read_text()
        vendored = [*STATIC.glob("vendor/*.js"), *STATIC.glob("vendor/*.css"), *STATIC.glob("fonts/*.woff2")]
        assert all(str(path.relative_to(STATIC)) in told for path in vendored)
