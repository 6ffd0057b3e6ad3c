"""The mailing list, at a desk and on a phone."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.utils import timezone
from playwright.sync_api import expect
from pytest_django import Settings

from app.accounts.models import User
from app.newsletter.models import Subscriber
from owed.testing import drain
from tests.browser.pages import PATIENCE, Open, open_menu, sign_in
from tests.browser.test_imports import fits

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(180), pytest.mark.covers("E13")]
expect.set_options(timeout=PATIENCE)


@pytest.fixture(autouse=True)
def _own_folder(settings: Settings, tmp_path: Path) -> None:
    imports = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": tmp_path / "uploads"}}
    settings.STORAGES = {**django_settings.STORAGES, "imports": imports}


class TestAnEditor:
    @pytest.mark.long
    @pytest.mark.parametrize("width", [390, 1280])
    def test_brings_a_list_and_takes_it_along(self, open_page: Open, editor: User, tmp_path: Path, width: int) -> None:
        lines = [f"reader-{n}@example.org,Reader {n},true,2020-01-01,friend" for n in range(2999)]
        text = "\n".join(["email,name,subscribed_to_emails,created_at,labels", *lines, "not an address,X,true,,", ""])
        (tmp_path / "members.csv").write_text(text)
        page = open_page(width)
        sign_in(page)
        page.goto("/studio/subscribers/")
        page.get_by_role("link", name="Import a list").click()
        fits(page, "lists")
        page.get_by_label("CSV file").set_input_files(tmp_path / "members.csv")
        page.get_by_role("button", name="Upload").click()
        expect(page.get_by_label("subscribed_to_emails")).to_have_value("wanted")
        page.get_by_label("How these people agreed").fill("They subscribed at the old site.")
        fits(page, "list-columns")
        page.get_by_role("button", name="Check").click()
        expect(page.locator("#progress")).to_be_visible()
        drain()
        expect(page.locator("#sentence")).to_contain_text("3,000 lines were read and nothing is stored yet.")
        page.reload()
        fits(page, "list-checked")
        page.get_by_role("button", name="Import now").click()
        expect(page.locator("#progress")).to_be_visible()
        drain()
        expect(page.locator("#import")).to_contain_text("Added: 2,999")
        fits(page, "list-done")
        page.get_by_role("link", name="Imported subscribers").click()
        page.get_by_label("Tag").select_option("friend")
        page.get_by_role("button", name="Filter", exact=True).click()
        page.get_by_label("Save this filter as").fill("Friends")
        page.get_by_role("button", name="Save filter").click()
        expect(page.get_by_role("link", name="Friends")).to_be_visible()
        fits(page, "list-imported")
        with page.expect_download() as download:
            page.get_by_role("link", name="Export as CSV").click()
        assert len(Path(download.value.path()).read_text().splitlines()) == 3000

    @pytest.mark.long
    @pytest.mark.parametrize("width", [390, 1280])
    def test_finds_adds_unsubscribes_and_erases_a_reader(self, open_page: Open, editor: User, width: int) -> None:
        Subscriber.objects.bulk_create(
            Subscriber(email=f"reader-{n}@example.org", name="R", source="page", state="confirmed", confirmed_at=timezone.now())
            for n in range(60)
        )
        page = open_page(width)
        sign_in(page)
        page.goto("/studio/")
        open_menu(page, "Audience")
        page.get_by_role("link", name="Subscribers").click()
        expect(page.get_by_role("link", name="reader-59@example.org")).to_be_visible()
        fits(page, "subscribers")
        page.get_by_role("link", name="Older →").click()
        expect(page.get_by_role("link", name="reader-0@example.org")).to_be_visible()
        page.get_by_label("Address or name").fill("reader-42")
        page.get_by_role("button", name="Filter", exact=True).click()
        page.get_by_role("link", name="reader-42@example.org").click()
        expect(page.get_by_role("heading", name="reader-42@example.org")).to_be_visible()
        fits(page, "subscriber")
        page.get_by_role("button", name="Unsubscribe").click()
        expect(page.locator("h1 + .facts .chip")).to_have_text("Unsubscribed")
        page.get_by_text("Erase this subscriber…").click()
        fits(page, "subscriber-erase")
        page.get_by_role("button", name="Erase for good").click()
        page.wait_for_url("**/studio/subscribers/")
        assert not Subscriber.objects.filter(email="reader-42@example.org").exists()
        page.get_by_role("link", name="Add a subscriber").click()
        page.get_by_label("Email address").fill("a-very-long-name-of-a-reader-to-be-wrapped-somewhere@mail.example.org")
        page.get_by_role("button", name="Add and ask to confirm").click()
        expect(page.get_by_role("alert")).to_contain_text("How they agreed")
        fits(page, "subscriber-add")
        page.get_by_label("How they agreed").fill("Signed the list at the fair")
        page.get_by_role("button", name="Add and ask to confirm").click()
        expect(page.locator("dd").nth(1)).to_have_text("Added by hand · by edith")
        fits(page, "subscriber-added")
