"""A page of the site, and somebody signed in."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page

PASSWORD = "reading-glasses-7"
PATIENCE = 20_000
Open = Callable[..., Page]


def open_menu(page: Page, name: str) -> None:
    """Open one of the studio's menus, by the beginning of its name."""
    page.locator(".masthead summary").filter(has_text=name).click()


def sign_in(page: Page) -> None:
    page.goto("/login/?next=/studio/")
    page.get_by_label("Username").fill("edith")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/studio/")
