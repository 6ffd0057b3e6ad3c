"""No typed word is lost: the line goes, the session ends, the page dies, two people write at once."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.sessions.models import Session
from playwright.sync_api import Locator, Page, expect

from app.accounts.models import Role, User
from app.blog.models import Post, WorkingCopy
from app.blog.revisions import acting
from tests import factories
from tests.browser.pages import PASSWORD, PATIENCE, Open, sign_in
from tests.browser.test_access import RULES, problems
from tests.waiting import wait_until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(180)]
expect.set_options(timeout=PATIENCE)


@pytest.fixture
def post(editor: User) -> Post:
    return factories.write(editor, "Kept", "Before.")


@pytest.fixture
def page(open_page: Open, post: Post) -> Page:
    page = open_page()
    sign_in(page)
    page.goto(f"/studio/posts/{post.pk}/")
    return page


def kept_here(page: Page) -> str:
    """Return all that this device holds."""
    return str(page.evaluate("JSON.stringify(Object.values(localStorage))"))


def bar(page: Page, state: str) -> Locator:
    """Return what the editor's bar shows, if it shows this state."""
    return page.locator(f"#kept [data-state={state}]:visible")


def type_more(page: Page, words: str) -> None:
    page.get_by_label("Text").press("End")
    page.get_by_label("Text").press_sequentially(words)


def text_of(post: Post) -> str:
    return Post.objects.get(pk=post.pk).content


class TestTypedText:
    def test_waits_on_the_site_until_it_is_saved(self, page: Page, post: Post) -> None:
        type_more(page, " And more.")
        expect(bar(page, "saved")).to_have_text(re.compile(r"\s*Saved \d\d:\d\d\s*"))
        assert text_of(post) == "Before."
        assert "And more" not in kept_here(page)
        page.reload()
        expect(page.get_by_label("Text")).to_have_value("Before. And more.")
        expect(page.locator("#unsaved")).to_contain_text("did not save")
        page.get_by_role("button", name="Save", exact=True).click()
        expect(page.get_by_text("Saved.", exact=True)).to_be_visible()
        assert (text_of(post), WorkingCopy.objects.count()) == ("Before. And more.", 0)

    def test_survives_a_page_that_dies(self, page: Page, post: Post) -> None:
        page.route("**/working-copy", lambda route: route.abort())
        type_more(page, " And more.")
        wait_until(lambda: "And more." in kept_here(page))
        other = page.context.new_page()
        page.close(run_before_unload=False)
        other.goto(f"/studio/posts/{post.pk}/")
        expect(other.locator("#local")).to_contain_text("did not reach the site")
        other.get_by_role("button", name="Use this text").click()
        expect(other.get_by_label("Text")).to_have_value("Before. And more.")
        expect(bar(other, "saved")).to_be_visible()
        assert WorkingCopy.objects.get().fields["content"] == "Before. And more."
        assert "And more" not in kept_here(other)

    def test_survives_a_line_that_breaks(self, page: Page, post: Post) -> None:
        page.context.set_offline(True)
        type_more(page, " Offline.")
        page.get_by_role("button", name="Save", exact=True).click()
        expect(bar(page, "offline")).to_have_text("Offline: kept on this device")
        expect(page.get_by_label("Text")).to_have_value("Before. Offline.")
        assert "Offline." in kept_here(page)
        page.context.set_offline(False)
        expect(bar(page, "saved")).to_have_text(re.compile(r"\s*Saved \d\d:\d\d\s*"))
        page.get_by_role("button", name="Save", exact=True).click()
        expect(page.get_by_text("Saved.", exact=True)).to_be_visible()
        assert text_of(post) == "Before. Offline."

    def test_survives_the_end_of_the_session(self, page: Page, post: Post) -> None:
        Session.objects.all().delete()
        type_more(page, " Signed out.")
        page.get_by_role("button", name="Save", exact=True).click()
        expect(bar(page, "signed-out")).to_contain_text("Signed out")
        with page.context.expect_page() as opened:
            page.get_by_role("link", name="Sign in in a new tab").click()
        door = opened.value
        door.get_by_label("Username").fill("edith")
        door.get_by_label("Password").fill(PASSWORD)
        door.get_by_role("button", name="Sign in").click()
        door.wait_for_url("**/studio/")
        door.close()
        page.get_by_role("button", name="Save", exact=True).click()
        expect(page.get_by_text("Saved.", exact=True)).to_be_visible()
        assert text_of(post) == "Before. Signed out."

    def test_is_not_dropped_by_another_form(self, page: Page, post: Post) -> None:
        page.route("**/working-copy", lambda route: route.abort())
        type_more(page, " Mine.")
        with page.expect_event("dialog") as asked:
            page.evaluate("setTimeout(() => document.querySelector('form[action*=logout]').requestSubmit(), 0)")
        assert asked.value.type == "beforeunload"
        asked.value.dismiss()
        expect(page.get_by_label("Text")).to_have_value("Before. Mine.")

    def test_is_still_asked_for_after_a_refusal(self, page: Page) -> None:
        page.get_by_label("Title").fill("")
        type_more(page, " Mine.")
        page.keyboard.press("Control+s")
        expect(page.get_by_text("Please fix 1 problem")).to_be_visible()
        expect(page.get_by_label("Text")).to_have_value("Before. Mine.")
        assert WorkingCopy.objects.get().fields["content"] == "Before. Mine."
        page.route("**/working-copy", lambda route: route.abort())
        type_more(page, " More.")
        with page.expect_event("dialog") as asked:
            page.evaluate("setTimeout(() => { location.href = '/' }, 0)")
        asked.value.dismiss()

    def test_of_a_new_post_is_offered(self, page: Page) -> None:
        page.goto("/studio/posts/new/")
        page.get_by_label("Title").press_sequentially("Begun")
        type_more(page, "First words.")
        expect(bar(page, "saved")).to_have_text(re.compile(r"\s*Saved \d\d:\d\d\s*"))
        page.goto("/studio/")
        page.get_by_role("link", name="Begun").click()
        expect(page.get_by_label("Text")).to_have_value("First words.")
        page.get_by_role("button", name="Save draft").click()
        expect(page.get_by_text("Saved.", exact=True)).to_be_visible()
        assert Post.objects.filter(title="Begun", content="First words.").count() == 1
        assert WorkingCopy.objects.count() == 0


class TestTwoEditors:
    def test_lose_nothing(self, page: Page, post: Post) -> None:
        grace = factories.person("grace", Role.EDITOR)
        type_more(page, " Mine.")
        with acting(grace):
            Post.objects.get().revise(content="Before. Hers.")
        page.get_by_role("button", name="Save", exact=True).click()
        expect(page.locator(".conflict")).to_contain_text("grace saved the first one")
        expect(page.locator(".conflict ins")).to_have_text("Mine")
        expect(page.locator(".conflict del")).to_have_text("Hers")
        # The conflict is shown already: only another page is the answer to this.
        with page.expect_navigation():
            page.get_by_role("button", name="Save", exact=True).click()
        expect(page.locator(".conflict")).to_be_visible()
        assert text_of(post) == "Before. Hers."
        page.get_by_role("textbox", name="Text").fill("Before. Hers. Mine.")
        page.get_by_role("button", name="Keep my text").click()
        expect(page.get_by_text("Saved.", exact=True)).to_be_visible()
        assert text_of(post) == "Before. Hers. Mine."
        kept = list(post.revisions.order_by("number").values_list("content", flat=True))
        assert kept == ["Before.", "Before. Hers.", "Before. Hers. Mine."]


class TestThePages:
    @pytest.mark.long
    def test_of_the_history_are_for_everybody(self, open_page: Open, post: Post, editor: User) -> None:
        with acting(factories.person("grace", Role.EDITOR)):
            post.revise(content="Before, and a word that is longer than a small screen: " + "x" * 80)
        stored = {"fields": {"title": "Kept", "content": "Mine."}, "stamp": "x", "revision": 1}
        WorkingCopy.objects.create(writer=editor, post=post, **stored)
        WorkingCopy.objects.create(writer=editor, key=uuid4(), **stored)
        page = open_page(width=320)
        sign_in(page)
        here = f"/studio/posts/{post.pk}/"
        paths = ["/studio/", *(here + part for part in ("", "revisions/", "revisions/2/", "unsaved/", "previews/"))]
        assert {path: problems(page, path) for path in paths} == {path: [] for path in paths}
        page.goto(here)
        page.get_by_role("button", name="Save", exact=True).click()
        expect(page.locator(".conflict")).to_be_visible()
        assert Axe().run(page, options=RULES).response["violations"] == []
        assert page.evaluate("document.documentElement.scrollWidth") == 320
