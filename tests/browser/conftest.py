"""A real browser in front of the real site."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from pytest_django.live_server_helper import LiveServer

from app.accounts.models import Role, User
from tests import factories
from tests.browser.pages import PASSWORD, PATIENCE, Open

NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
def browser(django_db_setup: None) -> Iterator[Browser]:
    """Return the machine's Chromium; it ends with the module, as its event loop would be in the way of other tests."""
    path = next((found for name in NAMES if (found := shutil.which(name))), None)
    if path is None:
        pytest.skip(f"no browser: none of {', '.join(NAMES)} is on PATH")
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # Playwright keeps a loop running in this thread, and Django would take each test for async code.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        browser = playwright.chromium.launch(executable_path=path, args=ARGS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser: Browser, live_server: LiveServer) -> Iterator[Open]:
    """Return a function that opens a fresh page on the site, and fails the test if a page complained."""
    complaints: list[str] = []

    def fresh(width: int = 1280, scheme: Any = "light", *, script: bool = True) -> Page:
        screen: Any = {"viewport": {"width": width, "height": 900}, "color_scheme": scheme}
        context = browser.new_context(base_url=live_server.url, java_script_enabled=script, **screen)
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if "Content Security Policy" in said.text else None)
        return page

    yield fresh
    for context in browser.contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def editor(transactional_db: None) -> User:
    return factories.person("edith", Role.EDITOR, password=PASSWORD, is_staff=True)
