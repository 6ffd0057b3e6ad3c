"""Signing in with a provider in a browser, which heeds the site's policy about where forms may lead."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from app.accounts.models import User
from tests.browser.pages import PATIENCE, Open, sign_in
from tests.browser.test_imports import fits
from tests.openid.provider import CLIENT, SECRET, running

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(180)]
expect.set_options(timeout=PATIENCE)


class TestAProvider:
    @pytest.mark.long
    def test_is_linked_in_the_account_and_signs_in_without_script(
        self, open_page: Open, editor: User, live_server: LiveServer, settings: Settings
    ) -> None:
        with running() as provider:
            settings.OIDC_ISSUER, settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = provider.issuer, CLIENT, SECRET
            settings.OIDC_NAME, settings.SITE_URL = "Example ID", live_server.url
            settings.OUTBOUND_ALLOW = ("127.0.0.0/8",)
            page = open_page(390)
            sign_in(page)
            page.goto("/account/")
            page.get_by_role("link", name="Sign in with Example ID", exact=True).click()
            page.get_by_role("button", name="Link Example ID", exact=True).click()
            expect(page.get_by_text("Linked. It signs you in from now on.")).to_be_visible()
            fits(page, "linked account")
            guest = open_page(390, script=False)
            guest.goto("/login/?next=/account/")
            # axe needs a script; without one, only what is wider than the screen shows.
            assert guest.locator("html").bounding_box()["width"] <= 390  # type: ignore[index]
            guest.get_by_role("button", name="Sign in with Example ID", exact=True).click()
            expect(guest.get_by_text("Signed in as edith")).to_be_visible()
