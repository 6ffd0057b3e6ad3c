"""Moving in: upload, look, import and take it back, at a desk and on a phone."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings as django_settings
from playwright.sync_api import Page, expect
from pytest_django import Settings

from app.accounts.models import User
from app.blog.models import Post
from owed.testing import drain
from tests.browser.pages import PATIENCE, Open, sign_in
from tests.browser.test_access import RULES
from tests.importer.uploads import jekyll

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(180), pytest.mark.covers("D13")]
expect.set_options(timeout=PATIENCE)


@pytest.fixture(autouse=True)
def _own_folder(settings: Settings, tmp_path: Path) -> None:
    options = {"location": tmp_path / "uploads"}
    imports = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": options}
    settings.STORAGES = {**django_settings.STORAGES, "imports": imports}


def fits(page: Page, name: str) -> None:
    """Say that nothing is wider than the screen, and that axe finds nothing."""
    assert [each["id"] for each in Axe().run(page, options=RULES).response["violations"]] == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=f"{folder}/{name}-{page.viewport_size['width'] if page.viewport_size else ''}.png", full_page=True)


class TestAnEditor:
    @pytest.mark.long
    @pytest.mark.parametrize("width", [390, 1280])
    def test_moves_in_and_out_again(self, open_page: Open, editor: User, tmp_path: Path, width: int) -> None:
        (tmp_path / "old-blog.zip").write_bytes(jekyll(tmp_path / "site", number=6))
        page = open_page(width)
        sign_in(page)
        page.goto("/studio/import/")
        fits(page, "import")
        page.get_by_label("File").set_input_files(tmp_path / "old-blog.zip")
        page.get_by_role("button", name="Upload and check").click()
        expect(page.locator("#progress")).to_have_text("Reading the file…")
        fits(page, "import-checking")
        drain()
        expect(page.locator("#sentence")).to_have_text("6 posts, 5 as they were, 1 with losses: see below.")
        expect(page.locator(".found").first).to_contain_text("_posts/2015-03-02-post-1.md:10: /img/gone.png (missing)")
        fits(page, "import-checked")
        assert Post.objects.count() == 0
        page.get_by_role("button", name="Import now").click()
        expect(page.locator("#progress")).to_have_text("0 of 6 posts imported.")
        drain()
        expect(page.get_by_role("link", name="Post 5")).to_be_visible()
        fits(page, "import-done")
        Post.objects.get(title="Post 5").revise(content="Mine")
        page.get_by_role("link", name="Undo this import…").click()
        expect(page.locator("#sentence")).to_contain_text("5 posts are deleted")
        fits(page, "import-undo")
        page.get_by_role("button", name="Undo this import").click()
        page.wait_for_url("**/studio/import/*/")
        drain()
        expect(page.locator("#sentence")).to_have_text("5 posts were deleted again. 1 stayed: see below.")
        fits(page, "import-undone")
