"""The mailing list, at a desk and on a phone."""

from __future__ import annotations

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from app.accounts.models import User
from app.newsletter.models import Subscriber
from tests.browser.pages import PATIENCE, Open, sign_in
from tests.browser.test_imports import fits

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(180), pytest.mark.covers("E13")]
expect.set_options(timeout=PATIENCE)


class TestAnEditor:
    @pytest.mark.parametrize("width", [390, 1280])
    def test_finds_adds_unsubscribes_and_erases_a_reader(self, open_page: Open, editor: User, width: int) -> None:
        Subscriber.objects.bulk_create(
            Subscriber(email=f"reader-{n}@example.org", name="R", source="page", state="confirmed", confirmed_at=timezone.now())
            for n in range(60)
        )
        page = open_page(width)
        sign_in(page)
        page.goto("/studio/")
        page.get_by_role("link", name="Subscribers").click()
        expect(page.get_by_role("link", name="reader-59@example.org")).to_be_visible()
        fits(page, "subscribers")
        page.get_by_role("link", name="Older →").click()
        expect(page.get_by_role("link", name="reader-0@example.org")).to_be_visible()
        page.get_by_label("Address or name").fill("reader-42")
        page.get_by_role("button", name="Filter").click()
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
