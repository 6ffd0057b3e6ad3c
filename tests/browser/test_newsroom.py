"""A newsroom of several people: from the invitation to the post that outlives its author's account."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from app.accounts.models import Role, User
from app.blog.models import Category, Post
from app.members.password_reset import reset_path
from owed.testing import drain
from tests import factories
from tests.browser.pages import PATIENCE, Open, open_menu, sign_in
from tests.browser.test_imports import fits
from tests.sinks import Sink, smtp_sink

__all__ = ["smtp_sink"]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(180)]
expect.set_options(timeout=PATIENCE)


def link_in(sink: Sink, address: str) -> str:
    """Return the path of the last link to a page of the site in what this address got."""
    return re.findall(r"https?://[^/\s]+(/(?:invitations|studio)/[^\s]+)", sink.to(address)[-1].body("plain"))[-1]


class TestANewsroom:
    @pytest.mark.long
    def test_invites_reviews_publishes_and_lets_one_leave(self, open_page: Open, editor: User, smtp_sink: Sink) -> None:
        desk = open_page()
        sign_in(desk)
        open_menu(desk, "Site")
        desk.get_by_role("link", name="Team").click()
        desk.get_by_label("Email address").fill("nora@example.org")
        desk.get_by_label("Role", exact=True).last.select_option("contributor")
        desk.get_by_role("button", name="Send invitation").click()
        expect(desk.get_by_text("An invitation is on its way to nora@example.org.")).to_be_visible()
        drain()

        hers = open_page(390)
        hers.goto(link_in(smtp_sink, "nora@example.org"))
        fits(hers, "invitation")
        hers.get_by_label("Username").fill("nora")
        hers.get_by_label("Password").fill("a-good-password-7")
        hers.get_by_role("button", name="Create an account and join").click()
        expect(hers.get_by_text("Welcome to the team.")).to_be_visible()

        _writes_and_submits(hers)
        drain()
        assert "Please look at the numbers." in smtp_sink.to("edith@example.org")[-1].body("plain")

        desk.goto(link_in(smtp_sink, "edith@example.org"))
        desk.get_by_role("link", name="Review and notes").click()
        desk.get_by_label("Note", exact=True).fill("Which dams?")
        desk.get_by_role("button", name="Add note").click()
        expect(desk.get_by_text("Which dams?")).to_be_visible()
        fits(desk, "review")
        drain()
        assert "Which dams?" in smtp_sink.to("nora@example.org")[-1].body("plain")
        _publishes(desk)

        _lets_one_leave(desk)
        drain()
        hers.goto("/studio/")
        expect(hers).to_have_url(re.compile("/login/"))
        assert Post.objects.get(title="On dams").author == editor

        desk.get_by_role("link", name="Log", exact=True).click()
        desk.get_by_role("link", name="Show all").click()
        for line in LOG:
            expect(desk.get_by_text(line).first).to_be_visible()
        fits(desk, "log")
        sizes = open_page(390)
        sign_in(sizes)
        for path, name in (("team/", "team"), ("log/", "log"), ("", "posts")):
            sizes.goto(f"/studio/{path}")
            fits(sizes, name)

    @pytest.mark.long
    @pytest.mark.parametrize("width", [390, 1280])
    def test_keeps_its_topics_and_looks_at_its_calendar(self, open_page: Open, editor: User, width: int) -> None:
        anna = factories.person("anna", Role.AUTHOR)
        politics = Category.objects.create(name="Politics", slug="politics")
        Category.objects.create(name="Power", slug="power")
        factories.publish(anna, "On dams", category=politics)
        factories.write(anna, "A plan with quite a long title").schedule(publish_at=timezone.now() + timedelta(minutes=1))
        page = open_page(width)
        sign_in(page)
        page.goto("/studio/topics/")
        fits(page, "topics")
        page.get_by_role("link", name="Politics", exact=True).click()
        fits(page, "topic")
        page.get_by_label("All posts go to").select_option(label="Power (0)")
        page.get_by_role("button", name="Merge").click()
        expect(page.get_by_text("being merged into Power", exact=True)).to_be_visible()
        drain()
        page.goto("/categories/politics/")
        expect(page).to_have_url(re.compile("/categories/power/$"))
        page.goto("/studio/calendar/")
        expect(page.get_by_role("link", name="On dams")).to_be_visible()
        fits(page, "calendar")
        page.goto("/studio/?review=waiting")
        expect(page.get_by_text("No matching posts.")).to_be_visible()
        fits(page, "post-filters")


class TestAForgottenPassword:
    def test_is_replaced_by_the_link_in_the_mail(self, open_page: Open, editor: User) -> None:
        page = open_page()
        page.goto(reset_path(editor))
        for label in ("New password", "New password confirmation"):
            page.get_by_label(label, exact=True).fill("a-good-password-7")
        page.get_by_role("button", name="Set password").click()
        expect(page.get_by_text("Your password is changed. Sign in with it.")).to_be_visible()


LOG = (
    "Invited someone to the team",
    "Accepted an invitation",
    "Submitted a post for review",
    "Wrote a note on a post",
    "Published a post",
    "Gave someone's posts to another author",
    "Deactivated an account",
)


def _writes_and_submits(page: Page) -> None:
    page.goto("/studio/posts/new/")
    page.get_by_label("Title").fill("On dams")
    page.get_by_label("Text").fill("They hold.")
    page.get_by_role("button", name="Submit for review").click()
    page.get_by_label("Letter to the editors").fill("Please look at the numbers.")
    fits(page, "submit")
    page.get_by_role("button", name="Submit for review").click()
    expect(page.get_by_text("Submitted. The editors get a letter.")).to_be_visible()


def _publishes(page: Page) -> None:
    page.get_by_role("link", name="Edit", exact=True).click()
    page.get_by_role("button", name="Publish…").click()
    page.wait_for_url("**/publish/")
    page.get_by_role("button", name=re.compile("^Publish")).click()
    page.wait_for_url("**/effects/")
    drain()


def _lets_one_leave(page: Page) -> None:
    page.goto("/studio/team/")
    page.get_by_text("Change nora").click()
    page.get_by_label("Give all posts to").select_option(label="edith")
    page.get_by_role("button", name="Transfer posts").click()
    expect(page.get_by_text("1 post is being given to edith.")).to_be_visible()
    page.get_by_text("Change nora").click()
    fits(page, "team")
    page.get_by_role("button", name="Deactivate").click()
    expect(page.get_by_text("nora is signed out everywhere")).to_be_visible()
