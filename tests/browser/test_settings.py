"""The settings in a browser: what an editor chooses is seen, can be read, and is let through by the site's policy."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from app.accounts.models import User
from app.members.first_account import first_account_link
from app.site import current
from tests import factories
from tests.browser.pages import Open, sign_in

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]
RULES = {"resultTypes": ["violations"], "runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]}


def problems(page: Page) -> list[str]:
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    found = Axe().run(page, options=RULES).response["violations"]
    return [each["id"] for each in found] + ([f"{wide} px too wide"] if wide > 0 else [])


class TestTheFirstPerson:
    def test_comes_in_by_the_link_of_the_log(self, open_page: Open, transactional_db: None) -> None:
        page = open_page(390)
        page.goto(urlsplit(first_account_link()).path)
        for label, text in (("Username", "ada"), ("Email address", "ada@example.org"), ("Password", "a-good-password-7")):
            page.get_by_label(label).fill(text)
        page.get_by_role("button", name="Create my account").click()
        expect(page.get_by_role("heading", name="Name your publication")).to_be_visible()
        assert problems(page) == []


class TestAnEditor:
    @pytest.mark.long
    def test_dresses_the_site_and_sees_it(self, open_page: Open, editor: User) -> None:
        factories.publish(editor, "On the coast", "Words with a [link](https://example.org/).")
        page = open_page(390)
        sign_in(page)
        page.goto("/studio/settings/")
        page.get_by_label("Name").fill("The Weekly Observer of Northern Towns")
        page.get_by_label("Tagline").fill("Letters from the coast")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_role("status")).to_have_text("Saved.")
        page.get_by_role("link", name="Look").click()
        page.get_by_label("Theme").select_option("broadsheet")
        page.get_by_label("Accent colour").fill("#ffcc00")
        page.get_by_label("Logo").set_input_files(
            {"name": "l.png", "mimeType": "image/png", "buffer": factories.image().read()}
        )
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_role("status")).to_contain_text("the accent is shown as #")
        page.get_by_role("link", name="See the site").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("The Weekly Observer of Northern Towns")
        assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == "rgb(248, 242, 231)"
        assert page.locator("img.logo").evaluate("image => image.naturalWidth") == 4
        assert problems(page) == []

    @pytest.mark.long
    @pytest.mark.parametrize("theme", ["broadsheet", "plain"])
    @pytest.mark.parametrize("scheme", ["light", "dark"])
    def test_has_themes_that_can_be_read(self, open_page: Open, editor: User, theme: str, scheme: str) -> None:
        post = factories.publish(editor, "On the coast", "Words with a [link](https://example.org/) and `code`.")
        current.change(theme=theme, fonts="sans", accent="#ff8800")
        page = open_page(1280, scheme)
        for path in ("/", post.get_absolute_url(), "/login/"):
            page.goto(path)
            assert problems(page) == [], path


class TestCode:
    def test_runs_on_readers_pages_alone(self, open_page: Open, editor: User) -> None:
        current.change(head_code="<script>document.documentElement.dataset.counted = 'yes'</script>")
        page = open_page()
        for path, counted in (("/", "yes"), ("/archive/", "yes"), ("/archive/", "yes"), ("/login/", None)):
            page.goto(path)
            assert page.locator("html").get_attribute("data-counted") == counted, path
