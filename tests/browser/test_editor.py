"""Where a post is written: the library around the field, its buttons, the focus mode, and a phone."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from app.accounts.models import User
from app.blog.models import Media, Post, WorkingCopy
from tests import factories
from tests.browser.pages import PATIENCE, Open, sign_in
from tests.browser.test_access import RULES
from tests.studio.images import png
from tests.waiting import wait_until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(180)]
expect.set_options(timeout=PATIENCE)
TEXT = "# One\n\nSome words.\n\n```\n# no heading\n```\n\n" + "A line.\n\n" * 60 + "## Two\n\nThe **end**."


@pytest.fixture
def post(editor: User) -> Post:
    return factories.write(editor, "Kept", "Before.")


def editor_of(page: Page, post: Post) -> Page:
    sign_in(page)
    page.goto(f"/studio/posts/{post.pk}/")
    return page


def press(page: Page, name: str) -> None:
    page.get_by_role("toolbar", name="Formatting").get_by_role("button", name=name, exact=True).click()


class TestTheText:
    def test_is_coloured_stored_and_undone(self, open_page: Open, post: Post) -> None:
        page = editor_of(open_page(), post)
        text = page.get_by_role("textbox", name="Text")
        text.press("End")
        text.press_sequentially(" And **more**.")
        expect(page.locator(".pce-line .bold")).to_have_text("**more**")
        wait_until(lambda: WorkingCopy.objects.filter(fields__content="Before. And **more**.").exists())
        page.keyboard.press("Control+z")
        expect(text).not_to_have_value("Before. And **more**.")
        assert text.evaluate("each => [each.name, each.spellcheck, each.dir]") == ["content", True, "auto"]

    def test_takes_the_marks_of_buttons_and_keys(self, open_page: Open, post: Post) -> None:
        page = editor_of(open_page(), post)
        text = page.get_by_role("textbox", name="Text")
        text.fill("One two")
        text.press("ArrowLeft")
        text.press("Control+b")
        expect(text).to_have_value("One **two**")
        text.press("Control+z")
        expect(text).to_have_value("One two")
        press(page, "Heading")
        expect(text).to_have_value("## One two")
        press(page, "Heading")
        expect(text).to_have_value("One two")
        text.fill("### One two")
        press(page, "Heading")
        expect(text).to_have_value("## One two")
        press(page, "Heading")
        press(page, "List")
        expect(text).to_have_value("- One two")
        text.press("End")
        text.press_sequentially(" three")
        expect(page.locator(".pce-line")).to_have_text("- One two three\n")
        text.press("Control+s")
        expect(page.get_by_text("Saved.", exact=True)).to_be_visible()
        assert Post.objects.get().content == "- One two three"

    def test_goes_on_with_its_lists(self, open_page: Open, post: Post) -> None:
        page = editor_of(open_page(), post)
        text = page.get_by_role("textbox", name="Text")
        for typed, there in (
            ("- one\ntwo\n\nEnd", "- one\n- two\n\nEnd"),
            ("9. one\ntwo", "9. one\n10. two"),
            ("```\n- one\ntwo", "```\n- one\ntwo"),
        ):
            text.fill("")
            text.press_sequentially(typed)
            expect(text).to_have_value(there)
        text.fill("- [x] done")
        text.press("Enter")
        expect(text).to_have_value("- [x] done\n- [ ] ")
        text.press("Control+z")
        expect(text).to_have_value("- [x] done")

    def test_is_counted_and_has_an_outline(self, open_page: Open, post: Post) -> None:
        post.revise(content=TEXT)
        page = editor_of(open_page(), post)
        expect(page.locator("#aids")).to_contain_text("Words: 128 · Reading time: 1 min")
        page.get_by_text("Outline", exact=True).click()
        entries = page.get_by_role("navigation", name="Outline").get_by_role("button")
        expect(entries).to_have_text(["One", "Two"])
        entries.last.click()
        expect(page.get_by_role("textbox", name="Text")).to_be_focused()
        expect(page.locator(".pce-line .title").last).to_be_in_viewport()
        page.keyboard.type("!")
        expect(page.locator(".active-line")).to_have_text("!## Two\n")

    def test_goes_on_where_the_writer_was_when_the_library_arrives(self, open_page: Open, post: Post) -> None:
        page, held = open_page(), []
        sign_in(page)
        page.route("**/static/editor*.js", lambda route: held.append(route))
        page.goto(f"/studio/posts/{post.pk}/", wait_until="commit")
        text = page.get_by_role("textbox", name="Text")
        text.press("End")
        text.press_sequentially(" And")
        wait_until(lambda: held)
        held[0].continue_()
        expect(page.locator(".pce-line").first).to_have_text("Before. And\n")
        page.keyboard.insert_text(" constructor")
        page.keyboard.insert_text("constructor")
        expect(text).to_have_value("Before. And constructorconstructor")

    def test_is_written_where_the_library_does_not_load(self, open_page: Open, post: Post) -> None:
        page = open_page()
        page.route("**/vendor/editor*.js", lambda route: route.abort())
        text = editor_of(page, post).get_by_role("textbox", name="Text")
        assert text.evaluate("each => getComputedStyle(each).color") != "rgba(0, 0, 0, 0)"
        expect(page.get_by_role("toolbar")).to_be_hidden()
        text.fill("Plain.")
        expect(page.locator("#aids")).to_contain_text("Words: 1 ")
        page.get_by_role("button", name="Save", exact=True).click()
        expect(page.get_by_text("Saved.", exact=True)).to_be_visible()
        assert Post.objects.get().content == "Plain."

    def test_is_written_without_a_script(self, open_page: Open, post: Post) -> None:
        page = editor_of(open_page(script=False), post)
        expect(page.get_by_role("toolbar")).to_be_hidden()
        page.get_by_role("textbox", name="Text").fill("Without.")
        page.get_by_role("button", name="Save", exact=True).click()
        expect(page.get_by_text("Saved.", exact=True)).to_be_visible()
        assert Post.objects.get().content == "Without."


class TestTheFocusMode:
    @pytest.mark.long
    def test_leaves_title_and_text_and_is_remembered(self, open_page: Open, post: Post) -> None:
        page = editor_of(open_page(), post)
        press(page, "Focus mode")
        text = page.get_by_role("textbox", name="Text")
        expect(text).to_be_focused()
        expect(page.get_by_label("Title")).to_be_visible()
        for hidden in (".masthead", ".preview", ".toolbar", ".details", ".colophon"):
            expect(page.locator(hidden).first).to_be_hidden()
        assert Axe().run(page, options=RULES).response["violations"] == []
        page.reload()
        expect(page.locator(".preview")).to_be_hidden()
        text.press("Escape")
        expect(page.locator(".preview")).to_be_visible()
        page.reload()
        expect(page.locator(".preview")).to_be_visible()

    def test_does_not_hide_what_is_wrong(self, open_page: Open, post: Post) -> None:
        page = editor_of(open_page(), post)
        press(page, "Focus mode")
        page.get_by_label("Title").fill("")
        page.keyboard.press("Control+s")
        expect(page.get_by_text("Please fix 1 problem")).to_be_visible()


class TestTheEditor:
    @pytest.mark.long
    @pytest.mark.parametrize("scheme", ["light", "dark"])
    def test_has_what_a_phone_needs(self, open_page: Open, post: Post, scheme: str) -> None:
        post.revise(content=TEXT)
        page = editor_of(open_page(390, scheme), post)
        expect(page.get_by_role("button", name="Save", exact=True)).to_be_in_viewport(ratio=1)
        bar = page.get_by_role("toolbar")
        box = bar.bounding_box()
        assert box
        assert (box["height"] < 60, page.evaluate("document.documentElement.scrollWidth")) == (True, 390)
        page.get_by_text("Keyboard shortcuts").click()
        page.get_by_text("Outline", exact=True).click()
        assert Axe().run(page, options=RULES).response["violations"] == []

    def test_keeps_a_chosen_cover_when_the_title_is_missing(self, open_page: Open, editor: User) -> None:
        page = open_page()
        sign_in(page)
        page.goto("/studio/posts/new/")
        picture = png()
        page.get_by_label("New cover").set_input_files({"name": "c.png", "mimeType": "image/png", "buffer": picture.read()})
        page.get_by_role("button", name="Save draft").click()
        expect(page.get_by_text("Please fix 1 problem")).to_be_visible()
        expect(page.get_by_role("combobox", name="Cover")).to_have_value(str(Media.objects.get().pk))

    def test_gives_a_long_title_its_room(self, open_page: Open, post: Post) -> None:
        page = editor_of(open_page(390), post)
        title = page.get_by_label("Title")
        before = title.bounding_box()
        title.fill("A title that is much longer than the screen of a phone is wide")
        after = title.bounding_box()
        assert before
        assert after
        assert after["height"] > before["height"] * 1.8
        title.press("Enter")
        expect(page.get_by_role("textbox", name="Text")).to_be_focused()
        assert "\n" not in title.input_value()
