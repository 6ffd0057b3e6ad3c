"""What axe does not measure: how large a target is, what moves while a page loads, where the keyboard is after a swap."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from app.accounts.models import User
from app.blog.models import Category, Post, Tag
from owed.models import Effect
from tests import factories
from tests.browser.pages import PATIENCE, Open, sign_in
from tests.colours import contrast
from tests.studio.test_publication import dead
from tests.waiting import wait_until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]
expect.set_options(timeout=PATIENCE)
# A link in a sentence is as high as its line (WCAG 2.5.8, "Inline"); everything else is at least 24 px.
SMALL = """() => [...document.querySelectorAll('a, button, summary, select, input:not([type=hidden])')].filter((each) => {
  const box = each.getBoundingClientRect();
  return box.height && box.height < 23.9 && !each.closest('.prose, .said, .note, .about, .empty, .unseen, .skip, .plainpage p');
}).map((each) => `${each.getBoundingClientRect().height.toFixed(1)} px: ${each.outerHTML.slice(0, 120)}`)"""
SHIFTS = """window.shifted = 0;
new PerformanceObserver((list) => {
  for (const each of list.getEntries()) if (!each.hadRecentInput) window.shifted += each.value;
}).observe({type: 'layout-shift', buffered: true});"""
LONG = "\n\n".join(f"Paragraph {number} of a text that needs a while to be read." for number in range(60))
FOCUSED = "document.activeElement === document.body ? 'body' : document.activeElement.textContent.trim().split(/\\s+/)[0]"


@pytest.fixture
def posts(editor: User) -> list[Post]:
    essays = Category.objects.create(name="Essays", slug="essays")
    Category.objects.create(name="Notes", slug="notes")
    notes = Category.objects.get(slug="notes")
    posts = [factories.publish(editor, f"Post {n}", LONG, category=(essays, notes)[n % 2]) for n in range(8)]
    posts[0].tags.add(Tag.objects.create(name="web", slug="web"))
    return posts


@pytest.mark.parametrize("width", [390, 1280])
class TestATarget:
    @pytest.mark.long
    def test_is_large_enough_for_a_finger(self, open_page: Open, posts: list[Post], width: int) -> None:
        page = open_page(width)
        lists = ["/authors/edith/", "/categories/essays/", "/tags/web/", "/archive/", f"/archive/{timezone.now().year}/"]
        pages = ["/", posts[0].get_absolute_url(), *lists, "/search/?q=text"]
        small = {path: found for path in pages if (found := too_small(page, path))}
        sign_in(page)
        studio = [
            "/studio/",
            "/studio/posts/new/",
            "/studio/effects/",
            "/studio/effects/list/",
            "/studio/media/",
            f"/studio/posts/{posts[0].pk}/effects/",
        ]
        small |= {path: found for path in studio if (found := too_small(page, path))}
        assert small == {}


def too_small(page: Page, path: str) -> list[str]:
    page.goto(path)
    found: list[str] = page.evaluate(SMALL)
    return found


class TestTheEditor:
    @pytest.mark.parametrize("width", [390, 1280])
    def test_stays_in_its_place_while_the_preview_arrives(self, open_page: Open, posts: list[Post], width: int) -> None:
        page = open_page(width)
        page.set_viewport_size({"width": width, "height": 1300})
        sign_in(page)
        page.add_init_script(SHIFTS)
        page.goto(f"/studio/posts/{posts[0].pk}/")
        expect(page.locator("#preview")).to_contain_text("Paragraph 59")
        wait_until(lambda: page.evaluate("document.fonts.status") == "loaded")
        assert page.evaluate("window.shifted") < 0.02

    @pytest.mark.parametrize("height", [768, 900])
    def test_shows_the_line_that_is_being_written(self, open_page: Open, posts: list[Post], height: int) -> None:
        page = open_page(1280)
        page.set_viewport_size({"width": 1280, "height": height})
        sign_in(page)
        page.goto(f"/studio/posts/{posts[0].pk}/")
        text = page.get_by_label("Text")
        text.focus()
        page.keyboard.press("Control+End")
        page.keyboard.type("\n\nThe newest line.")
        bar, field = page.locator(".actions").bounding_box(), text.bounding_box()
        assert bar
        assert field
        # The field is scrolled to its end, where the newest line is.
        assert field["y"] + field["height"] <= bar["y"]


class TestFocus:
    def test_stays_with_a_comment_that_was_judged(self, open_page: Open, posts: list[Post]) -> None:
        for number in range(2):
            posts[0].comment(content=f"Said {number}.", guest_name="Gus", guest_email="gus@example.org")
        page = open_page()
        sign_in(page)
        page.goto("/studio/comments/")
        page.get_by_role("button", name="Approve the comment").first.press("Enter")
        # The row itself, so that the next key moves on from here.
        expect(page.get_by_role("listitem").filter(has=page.get_by_role("button", name="Hide"))).to_be_focused()

    def test_goes_to_the_field_of_an_answer(self, open_page: Open, posts: list[Post], editor: User) -> None:
        posts[0].comment(content="Said.", author=editor)
        page = open_page()
        page.goto(posts[0].get_absolute_url())
        page.get_by_role("link", name="Reply").press("Enter")
        expect(page.get_by_label("Name")).to_be_focused()

    def test_stays_on_a_link_of_a_list_that_renews_itself(self, open_page: Open, posts: list[Post]) -> None:
        dead(posts[0])
        page = open_page()
        sign_in(page)
        page.goto(f"/studio/posts/{posts[0].pk}/effects/")
        page.evaluate("document.getElementById('account').old = true")
        link = page.get_by_role("link", name="All effects")
        link.focus()
        Effect.objects.about(posts[0]).filter(finished_at=None).update(outcome="put off")
        wait_until(lambda: page.evaluate("!document.getElementById('account').old"))
        expect(link).to_be_focused()

    def test_is_not_lost_by_trying_again(self, open_page: Open, posts: list[Post]) -> None:
        dead(posts[0])
        page = open_page()
        sign_in(page)
        page.goto(f"/studio/posts/{posts[0].pk}/effects/")
        retry = page.get_by_role("button", name="Retry")
        retry.press("Enter")
        expect(retry).to_have_count(0)
        page.wait_for_function(f"({FOCUSED}) !== 'body'")


class TestAPress:
    def test_of_a_button_counts_though_the_page_renews_itself_before_the_release(
        self, open_page: Open, posts: list[Post]
    ) -> None:
        dead(posts[0])
        page = open_page()
        sign_in(page)
        page.goto(f"/studio/posts/{posts[0].pk}/effects/")
        retry = page.get_by_role("button", name="Retry")
        retry.hover()
        page.mouse.down()
        for news in ("put off", "put off again"):
            with page.expect_response(lambda answer: answer.url.endswith("/effects/") and answer.status == 200):
                Effect.objects.about(posts[0]).filter(finished_at=None).update(outcome=news)
        # The second answer was asked for after the first was dealt with.
        page.mouse.up()
        expect(retry).to_have_count(0)

    def test_of_a_button_counts_while_the_page_waits_for_an_answer(self, open_page: Open, posts: list[Post]) -> None:
        dead(posts[0])
        page = open_page()
        sign_in(page)
        page.goto(f"/studio/posts/{posts[0].pk}/effects/")
        retry = page.get_by_role("button", name="Retry")
        page.route("**/effects/", lambda _held: None)
        with page.expect_request("**/effects/"):
            pass
        retry.click()
        expect(retry).to_have_count(0)


class TestAMarkedWord:
    def test_can_be_read_in_the_dark(self, open_page: Open, posts: list[Post]) -> None:
        posts[0].revise(content="Some <mark>marked words and [a link](/)</mark>.")
        page = open_page(1280, "dark")
        page.goto(posts[0].get_absolute_url())
        colours: list[Any] = page.evaluate(
            "['.prose mark', '.prose mark a'].map((each) => getComputedStyle(document.querySelector(each)).color)"
        )
        ground = page.evaluate("getComputedStyle(document.querySelector('mark')).backgroundColor")
        assert [colour for colour in colours if contrast(colour, ground) < 4.5] == []
