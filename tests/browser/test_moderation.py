"""Comments judged by keyboard, and by forms where there is no script."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from app.accounts.models import User
from app.blog.models import Comment
from tests import factories
from tests.browser.pages import PATIENCE, Open, sign_in
from tests.browser.test_imports import fits

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(180)]
expect.set_options(timeout=PATIENCE)


@pytest.fixture
def comments(editor: User) -> list[Comment]:
    """Three held comments, in the order in which the page shows them."""
    post = factories.write(editor, "On dams", status="published")
    made = [post.comment(guest_name=name, content=f"Words of {name}.") for name in ("Cleo", "Bert", "Anna")]
    return made[::-1]


def row(page: Page, comment: Comment) -> Locator:
    return page.locator(f"#comment-{comment.pk}")


class TestTheKeys:
    @pytest.mark.long
    def test_move_judge_select_and_reply(self, open_page: Open, comments: list[Comment]) -> None:
        anna, bert, cleo = comments
        page = open_page()
        sign_in(page)
        page.goto("/studio/comments/")
        page.keyboard.press("j")
        expect(row(page, anna)).to_be_focused()
        page.keyboard.press("a")
        expect(row(page, anna).get_by_text("Approved", exact=True)).to_be_visible()
        page.keyboard.press("j")
        expect(row(page, bert)).to_be_focused()
        page.keyboard.press("x")
        expect(row(page, bert).get_by_role("checkbox")).to_be_checked()
        page.keyboard.press("r")
        page.keyboard.type("a dam, had he")
        page.get_by_role("button", name="Approve and reply").click()
        expect(page.get_by_text("Your reply to Bert is published.")).to_be_visible()
        page.keyboard.press("?")
        expect(page.get_by_text("next, previous comment")).to_be_visible()
        fits(page, "moderation")
        page.get_by_label("Use the keys below").uncheck()
        page.get_by_label("Use the keys below").evaluate("each => each.blur()")
        page.reload()
        page.keyboard.press("j")
        page.keyboard.press("d")
        expect(row(page, cleo)).not_to_be_focused()
        kept = {each.name: each.status for each in Comment.objects.all()}
        assert kept == {"Anna": "approved", "Bert": "approved", "Cleo": "held", "edith": "approved"}

    @pytest.mark.long
    def test_are_not_needed(self, open_page: Open, comments: list[Comment]) -> None:
        page = open_page(390, script=False)
        sign_in(page)
        page.goto("/studio/comments/")
        expect(page.get_by_text("Keyboard shortcuts")).to_be_hidden()
        page.get_by_label("Select all on this page").check()
        page.get_by_role("button", name="Delete selected").click()
        page.get_by_role("button", name="Undo: put 3 comments back under Held").click()
        expect(page.get_by_text("Words of Anna.")).to_be_visible()
        phone = open_page(390)
        sign_in(phone)
        phone.goto("/studio/comments/")
        fits(phone, "moderation")
