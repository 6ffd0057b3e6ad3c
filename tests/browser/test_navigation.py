"""The studio's menus by keyboard, without scripts, and on a phone."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from app.accounts.models import User
from tests.browser.pages import PATIENCE, Open, open_menu, sign_in
from tests.browser.test_access import RULES

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(180)]
expect.set_options(timeout=PATIENCE)


class TestTheMenus:
    @pytest.mark.parametrize(("width", "height"), [(390, 90), (1280, 80)])
    def test_take_few_rows_and_open_by_keyboard(self, open_page: Open, editor: User, width: int, height: int) -> None:
        page = open_page(width)
        sign_in(page)
        # One row beside the menus on a phone, and one in all on a desk.
        assert page.evaluate("document.querySelector('.masthead').offsetHeight") < height
        site = page.locator(".masthead summary").filter(has_text="Site")
        open_menu(page, "Audience")
        site.press("Enter")
        # One at a time: the other closes.
        expect(page.locator(".masthead details[open]")).to_have_count(1)
        expect(page.get_by_role("link", name="Topics")).to_be_visible()
        assert Axe().run(page, options=RULES).response["violations"] == []
        assert page.evaluate("document.documentElement.scrollWidth") == width
        page.keyboard.press("Tab")
        page.keyboard.press("Escape")
        expect(site).to_be_focused()
        expect(page.get_by_role("link", name="Topics")).to_be_hidden()

    def test_work_without_scripts(self, open_page: Open, editor: User) -> None:
        page = open_page(390, script=False)
        sign_in(page)
        open_menu(page, "Audience")
        page.get_by_role("link", name="Networks").click()
        page.wait_for_url("**/studio/social/")
        expect(page.locator("summary.current")).to_have_text("Audience")
