"""`python -m tools.screenshots URL`: take the pictures of the documentation from a running demo site, into docs/images."""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "images"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
OPTIONS = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
WIDTH, HEIGHT = 1100, 800
DRAFT = "Press Publish and watch"
# What a publication owes is done within seconds; a machine that runs the tests beside it takes longer.
PATIENCE = 120_000


def main(arguments: list[str]) -> int:
    """Write the pictures. Return 1 where no browser is installed."""
    parser = argparse.ArgumentParser(prog="python -m tools.screenshots", description=__doc__)
    parser.add_argument("url", help="the address that `make run` prints, such as http://127.0.0.1:8000")
    parser.add_argument("--user", default="ada")
    parser.add_argument("--password", default="afterword-demo")
    chosen = parser.parse_args(arguments)
    browser = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if browser is None:
        print(f"A browser is needed: none of {', '.join(BROWSERS)} is on PATH.", file=sys.stderr)
        return 1
    with sync_playwright() as playwright:
        take_all(playwright.chromium.launch(executable_path=browser, args=OPTIONS), chosen.url, chosen.user, chosen.password)
    return 0


def take_all(browser: Browser, url: str, user: str, password: str) -> None:
    page = browser.new_page(base_url=url, viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light")
    page.set_default_timeout(PATIENCE)
    take(page, "front-page", "/")
    sign_in(page, user, password)
    page.goto("/studio/")
    page.get_by_role("link", name=DRAFT).first.click()
    take(page, "editor")
    publish(page)
    take(page, "account", page.url, full=True)
    take(page, "mailbox", "/studio/mailbox/")
    browser.close()


def sign_in(page: Page, user: str, password: str) -> None:
    page.goto("/login/")
    page.locator("input[name=username]").fill(user)
    page.locator("input[name=password]").fill(password)
    page.locator("input[name=password]").press("Enter")
    page.wait_for_url(lambda address: "/login/" not in address)


def publish(page: Page) -> None:
    """Publish the post in the editor unless it is public, and wait on its page of effects until all are done."""
    button = page.locator("button[name=then][value=publish]")
    if button.count():
        button.click()
        page.wait_for_url("**/publish/")
        page.locator(".decide button").click()
    else:
        page.goto(f"{page.url.rstrip('/')}/effects/")
    page.wait_for_url("**/effects/")
    page.locator("#account[data-open='0']").wait_for()


def take(page: Page, name: str, path: str = "", *, full: bool = False) -> None:
    if path:
        page.goto(path)
    page.wait_for_load_state("networkidle")
    page.screenshot(path=FOLDER / f"{name}.png", full_page=full)
    print(FOLDER / f"{name}.png")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
