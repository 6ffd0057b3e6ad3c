"""Statistics, at a desk and on a phone, with the script and without it."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from app.accounts.models import User
from app.blog.models import Post
from app.stats.daily import count_day
from app.stats.days import DAY, day_of
from owed import clock
from owed.testing import drain
from tests import factories
from tests.browser.pages import PATIENCE, Open, sign_in
from tests.browser.test_imports import fits
from tests.stats.rows import fill

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(180)]
expect.set_options(timeout=PATIENCE)


@pytest.fixture
def counted(editor: User) -> Post:
    """Four weeks of 5,000 views of six posts, and 400 subscribers."""
    titles = ["On engines", "A title that is so long that it has to be broken into two lines on a phone", *"ABCD"]
    posts = [factories.publish(editor, title) for title in titles]
    drain()
    fill(posts, views=5000, readers=400)
    now = clock.now()
    for age in range(60):
        count_day(day_of(now) - age * DAY, now)
    return posts[0]


class TestAnEditor:
    @pytest.mark.long
    @pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (1280, "dark")])
    def test_reads_plots_and_tables(self, open_page: Open, counted: Post, width: int, scheme: str) -> None:
        page = open_page(width, scheme=scheme)
        sign_in(page)
        page.goto("/studio/statistics/")
        expect(page.locator(".dayplot canvas")).to_have_count(4)
        fits(page, "statistics")
        page.get_by_role("link", name="365 days").press("Enter")
        expect(page.locator(".dayplot canvas")).to_have_count(4)
        page.get_by_text("All days as a table").click()
        expect(page.locator("#by-day tbody tr")).to_have_count(365)
        fits(page, "statistics-365")
        with page.expect_download() as download:
            page.get_by_role("link", name="Export as CSV").click()
        assert len(Path(download.value.path()).read_text().splitlines()) == 366
        page.get_by_role("link", name="On engines").click()
        expect(page.locator(".dayplot canvas")).to_have_count(3)
        fits(page, "post-statistics")
        page.goto("/studio/subscribers/")
        expect(page.locator(".dayplot canvas")).to_have_count(1)
        fits(page, "subscribers-growth")
        page.goto("/studio/")
        fits(page, "posts-with-statistics")

    def test_reads_the_table_without_a_script(self, open_page: Open, counted: Post) -> None:
        page = open_page(390, script=False)
        sign_in(page)
        page.goto("/studio/statistics/?days=7")
        expect(page.locator(".dayplot").first).to_be_hidden()
        page.get_by_text("All days as a table").click()
        expect(page.locator("#by-day")).to_be_visible()
