"""Two-factor sign-in as its owner sees it: an app without script, passkeys with Chromium's virtual authenticator."""

from __future__ import annotations

from typing import Any

import pyotp
import pytest
from playwright.sync_api import Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from app.accounts.models import User
from app.second_factor.models import Passkey
from owed import clock
from tests.browser.pages import PASSWORD, PATIENCE, Open, sign_in
from tests.browser.test_imports import fits
from tests.second_factor.signing import with_app

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(180)]
expect.set_options(timeout=PATIENCE)


def plug_in(page: Page) -> None:
    """Give the page a security key that has a PIN and keeps whose it is."""
    key: dict[str, Any] = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send(
        "WebAuthn.addVirtualAuthenticator",
        {"options": {**key, "isUserVerified": True, "automaticPresenceSimulation": True}},
    )


def enter_password(page: Page) -> None:
    page.goto("/login/?next=/archive/")
    page.get_by_label("Username").fill("edith")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


class TestAPasskey:
    @pytest.mark.long
    def test_is_added_and_signs_in_as_second_step_and_alone(
        self, open_page: Open, editor: User, live_server: LiveServer, settings: Settings
    ) -> None:
        settings.SITE_URL = live_server.url
        page = open_page(390)
        plug_in(page)
        sign_in(page)
        page.goto("/account/")
        page.get_by_role("link", name="Two-factor sign-in").click()
        page.get_by_label("Name").fill("Telephone")
        page.get_by_role("button", name="Add a passkey").click()
        expect(page.get_by_text("Your passkey is added.")).to_be_visible()
        assert page.locator("main code").count() == 10
        fits(page, "recovery codes")
        page.get_by_role("link", name="I have kept them").click()
        expect(page.get_by_text("Not used yet.")).to_be_visible()
        fits(page, "two-factor sign-in")

        page.get_by_role("link", name="Set up an app").click()
        expect(page.get_by_alt_text("QR code")).to_be_visible()
        fits(page, "set up an app")

        page.context.clear_cookies()
        enter_password(page)
        fits(page, "second step")
        page.get_by_role("button", name="Use my passkey").click()
        page.wait_for_url("**/archive/")

        page.context.clear_cookies()
        page.goto("/login/")
        page.get_by_role("button", name="Sign in with a passkey").click()
        expect(page.get_by_role("button", name="Sign out")).to_be_visible()
        assert Passkey.objects.get().last_used_at is not None


class TestAnApp:
    def test_signs_in_without_script(self, open_page: Open, editor: User) -> None:
        secret = with_app(editor)
        page = open_page(390, script=False)
        enter_password(page)
        page.get_by_label("Code").fill(pyotp.TOTP(secret).at(clock.now()))
        page.get_by_role("button", name="Sign in", exact=True).click()
        page.wait_for_url("**/archive/")
