"""Pages of a publication in Arabic, which is written from right to left."""

from __future__ import annotations

import pytest
from pytest_django import Settings

from app.accounts.models import User
from app.blog.models import Category
from tests import factories
from tests.browser.pages import PASSWORD, Open

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]
TEXT = "هذا نص طويل بما يكفي ليملأ أكثر من سطر واحد على شاشة صغيرة. " * 8
MARKUP = f"{TEXT}\n\n> {TEXT}\n\n1. واحد\n2. اثنان\n\n| أ | ب |\n|---|---|\n| 1 | 2 |\n\n```\nmake run\n```\n"
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
OUTSIDE = """() => [...document.querySelectorAll('a, button, input, textarea, h1, h2, h3, p')].filter((each) => {
  const box = each.getBoundingClientRect(), scrolls = each.closest('.wide, .toolbar, .actions .row');
  return box.width && each.checkVisibility() && !scrolls && !each.closest('.skip, .unseen, .prose') &&
    (box.left < -1 || box.right > innerWidth + 1);
}).map((each) => each.outerHTML.slice(0, 120))"""


@pytest.mark.long
def test_a_site_in_arabic_fits_every_screen(open_page: Open, editor: User, settings: Settings) -> None:
    settings.SITE_OVERRIDES = {"language": "ar", "name": "صحيفة المساء"}
    essays = Category.objects.create(name="مقالات", slug="مقالات")
    posts = [factories.publish(editor, f"عنوان المقالة رقم {n}", MARKUP, category=essays) for n in range(3)]
    factories.publish(editor, "A title in English", "Words.", category=Category.objects.create(name="Notes", slug="notes"))
    posts[0].comment(content=TEXT, author=editor)
    page = open_page(1280)
    page.goto("/login/?next=/studio/")
    page.locator("[name=username]").fill("edith")
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("main button[type=submit]").first.click()
    page.wait_for_url("**/studio/")
    wrong: dict[tuple[str, int], list[object]] = {}
    for path in ("/", posts[0].get_absolute_url(), "/archive/", "/studio/", f"/studio/posts/{posts[0].pk}/", "/account/"):
        for width in (320, 390, 1280):
            page.set_viewport_size({"width": width, "height": 900})
            page.goto(path)
            assert page.evaluate("getComputedStyle(document.body).direction") == "rtl"
            found = [*filter(None, [page.evaluate(WIDER)]), *page.evaluate(OUTSIDE)]
            for menu in page.locator(".masthead summary").all():
                menu.click()
                found += page.evaluate(OUTSIDE)
            if found:
                wrong[path, width] = found
    assert wrong == {}
    page.goto(posts[0].get_absolute_url())
    quote = page.locator(".prose blockquote")
    sides = ("border-right-width", "border-left-width")
    assert [quote.evaluate(f"(each) => getComputedStyle(each).getPropertyValue('{side}')") for side in sides] == ["3px", "0px"]
