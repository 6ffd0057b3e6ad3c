"""The library of pictures, as a writer on a phone meets it."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from app.accounts.models import User
from app.blog.models import Media
from owed.testing import drain
from tests import factories
from tests.browser.pages import PATIENCE, Open, sign_in
from tests.factories import image

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(180)]
expect.set_options(timeout=PATIENCE)


class TestAPicture:
    @pytest.mark.covers("M14")
    def test_is_looked_up_and_deleted_on_a_phone(self, open_page: Open, editor: User) -> None:
        picture = Media.objects.store(image(), editor, alt="A red box")
        post = factories.write(editor, "With a box", f"![A red box]({picture.url})")
        page = open_page(390)
        sign_in(page)
        page.goto("/studio/media/")
        expect(page.get_by_role("link", name="With a box")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") == 390
        page.get_by_role("link", name="picture.png").click()
        page.get_by_text("Delete…").click()
        expect(page.get_by_text("The place listed above will show a gap")).to_be_visible()
        page.get_by_role("button", name="Delete permanently").click()
        expect(page.get_by_text("“picture.png” is deleted")).to_be_visible()
        drain()
        page.goto("/studio/media/?show=deleted")
        expect(page.get_by_role("link", name="With a box")).to_be_visible()
        page.goto(f"/studio/posts/{post.pk}/")
        expect(page.get_by_text("Readers see a gap there.")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") == 390
