"""A writer's way: sign in, write, look, publish, watch what follows."""

from __future__ import annotations

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from app.accounts.models import User
from app.blog.models import Post
from app.newsletter.models import Subscriber
from owed.models import Effect
from owed.testing import drain
from tests.browser.pages import PATIENCE, Open, sign_in
from tests.sinks import Sink, smtp_sink

__all__ = ["smtp_sink"]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(180)]
expect.set_options(timeout=PATIENCE)


class TestAWriter:
    def test_writes_publishes_and_watches(self, open_page: Open, editor: User) -> None:
        page = open_page()
        sign_in(page)
        page.get_by_role("link", name="New post").click()
        page.get_by_label("Title").fill("Seen from a browser")
        page.get_by_label("Text").press_sequentially("Some *emphasis* here.")
        expect(page.locator("#preview em")).to_have_text("emphasis")
        page.get_by_role("button", name="Publish…").click()
        page.wait_for_url("**/publish/")
        page.get_by_role("button", name="Publish", exact=True).click()
        page.wait_for_url("**/effects/")
        account = page.locator("#account")
        expect(account).to_contain_text("search.refresh")
        expect(page.locator("#tally")).to_contain_text("0 done")
        drain()
        expect(page.locator("#tally")).to_contain_text("All")
        expect(account).not_to_have_attribute("data-hx-trigger", "every 1s")
        page.get_by_role("link", name="View post").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Seen from a browser")

    @pytest.mark.covers("A4")
    def test_mails_a_post_again_after_being_asked(self, open_page: Open, editor: User, smtp_sink: Sink) -> None:
        Subscriber.objects.create(email="reader@example.org", state="confirmed", confirmed_at=timezone.now())
        post = Post(title="Read it twice", content="Well?", author=editor)
        post.save()
        post.publish(at=timezone.now())
        drain()
        page = open_page()
        sign_in(page)
        page.goto(f"/studio/posts/{post.pk}/effects/")
        page.get_by_role("link", name="Email this post again").click()
        page.get_by_role("button", name="Email it to 1 subscriber").click()
        page.wait_for_url("**/sends/*/")
        drain()
        page.reload()
        expect(page.locator(".law + p")).to_contain_text("1 = 1: every subscriber is accounted for")
        assert [each.recipient for each in smtp_sink.captured] == ["reader@example.org"] * 2

    def test_is_asked_before_leaving_what_was_typed(self, open_page: Open, editor: User) -> None:
        page = open_page()
        sign_in(page)
        page.goto("/studio/posts/new/")
        page.get_by_label("Title").press_sequentially("Unsaved")
        with page.expect_event("dialog") as asked:
            page.evaluate("setTimeout(() => { location.href = '/' }, 0)")
        assert asked.value.type == "beforeunload"
        asked.value.dismiss()
        expect(page.get_by_label("Title")).to_have_value("Unsaved")


class TestAReader:
    def test_comments_as_a_guest_without_leaving_the_page(self, open_page: Open, editor: User) -> None:
        post = Post(title="To be answered", content="Well?", author=editor)
        post.save()
        post.publish(at=timezone.now())
        page = open_page(width=360)
        page.goto(post.get_absolute_url())
        assert page.context.cookies() == []
        page.get_by_role("link", name="Write a comment").click()
        page.get_by_label("Name").fill("Gus")
        page.get_by_label("Mail address").fill("gus@example.org")
        page.get_by_label("Comment", exact=True).fill("Indeed.")
        page.get_by_role("button", name="Post comment").click()
        expect(page.locator("#comment-form")).to_contain_text("waiting for approval")

    def test_likes_and_takes_it_back(self, open_page: Open, editor: User) -> None:
        post = Post(title="To be liked", content="Well?", author=editor)
        post.save()
        post.publish(at=timezone.now())
        page = open_page()
        sign_in(page)
        page.goto(post.get_absolute_url())
        page.locator("#heart").click()
        expect(page.locator("#heart")).to_have_attribute("aria-pressed", "true")
        page.locator("#heart").click()
        expect(page.locator("#heart")).to_have_attribute("aria-pressed", "false")

    def test_reaches_the_content_by_keyboard(self, open_page: Open, editor: User) -> None:
        page = open_page()
        page.goto("/")
        page.keyboard.press("Tab")
        skip = page.get_by_role("link", name="Skip to content")
        expect(skip).to_be_focused()
        expect(skip).to_be_in_viewport()
        page.keyboard.press("Enter")
        expect(page.locator("#main")).to_be_focused()

    def test_reads_an_error_in_peace_while_the_account_follows(self, open_page: Open, editor: User) -> None:
        post = Post(title="Troubled", content="x", author=editor)
        post.save()
        Effect.objects.about(post).update(state="waiting", attempt=1, error="Traceback\nOSError: a full disk")
        page = open_page()
        sign_in(page)
        page.goto(f"/studio/posts/{post.pk}/effects/")
        page.locator("details.error summary").click()
        Effect.objects.about(post).update(outcome="seen")
        expect(page.locator("#account")).to_contain_text("seen")
        expect(page.locator("details.error pre")).to_be_visible()
        Effect.objects.about(post).update(attempt=2, error="Traceback\nOSError: another")
        expect(page.locator("details.error summary")).to_have_text("OSError: another")
