"""The library of pictures, as a writer on a phone meets it."""

from __future__ import annotations

import base64
import re

import pytest
from django.core.files.base import ContentFile
from PIL import Image
from playwright.sync_api import expect

from app.accounts.models import User
from app.blog.models import Media
from app.blog.variants import draw_variants
from owed.testing import drain
from tests import factories
from tests.browser.pages import PATIENCE, Open, sign_in
from tests.factories import image

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(180)]
expect.set_options(timeout=PATIENCE)


PASTE = """
(files) => {
  const transfer = new DataTransfer();
  for (const [number, content] of files.entries()) {
    const bytes = Uint8Array.from(atob(content), (each) => each.charCodeAt(0));
    transfer.items.add(new File([bytes], `photo-${number}.png`, { type: "image/png" }));
  }
  const text = document.getElementById("id_content");
  text.focus();
  text.setSelectionRange(text.value.length, text.value.length);
  text.dispatchEvent(new ClipboardEvent("paste", { clipboardData: transfer, bubbles: true, cancelable: true }));
}
"""


def jpeg(picture: Image.Image) -> ContentFile[bytes]:
    file = ContentFile(b"", name="photo.jpg")
    picture.save(file, "JPEG", quality=85)
    return file


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

    def test_takes_what_is_pasted_into_a_text(self, open_page: Open, editor: User) -> None:
        page = open_page(390)
        sign_in(page)
        page.goto("/studio/posts/new/")
        page.get_by_label("Title").fill("With pictures")
        page.get_by_label("Text").fill("Above.")
        page.evaluate(PASTE, [base64.b64encode(file.read()).decode() for file in (image("red"), image("blue"))])
        text = page.get_by_label("Text")
        expect(text).to_have_value(re.compile(r"^Above\.\n\n!\[\]\(/media/images/\S+\)\n\n!\[\]\(/media/images/\S+\)\n\n$"))
        described = page.locator("#uploads").get_by_label("Description").first
        described.fill("A red box")
        described.blur()
        expect(text).to_have_value(re.compile(r"^Above\.\n\n!\[A red box\]\(/media/"))
        page.get_by_role("button", name="Add images").click()
        page.locator("#uploads input[type=file]").set_input_files(
            {"name": "drawing.svg", "mimeType": "image/svg+xml", "buffer": b"<svg/>"}
        )
        expect(page.locator("#uploads")).to_contain_text("SVG is not accepted")
        assert "Uploading" not in text.input_value()
        assert Media.objects.count() == 2
        assert page.evaluate("document.documentElement.scrollWidth") == 390

    @pytest.mark.long
    def test_ships_a_phone_few_bytes(self, open_page: Open, editor: User) -> None:
        noise = Image.effect_noise((403, 302), 25).resize((4032, 3024), Image.Resampling.BICUBIC).convert("RGB")
        photos = [noise, noise.transpose(Image.Transpose.FLIP_LEFT_RIGHT)]
        media = [Media.objects.store(jpeg(each), editor) for each in photos]
        for each in media:
            draw_variants(each.pk)
        post = factories.publish(editor, "Photos", f"![]({media[1].url})", cover=media[0])
        page, sizes = open_page(390), []
        page.on("response", lambda answer: sizes.append(len(answer.body())) if "/media/" in answer.url else None)
        page.goto(post.get_absolute_url(), wait_until="networkidle")
        page.locator(".prose img").scroll_into_view_if_needed()
        page.wait_for_load_state("networkidle")
        shown = page.evaluate("[...document.querySelectorAll('.article img')].map((each) => each.currentSrc)")
        assert [re.search(r"/(\d+)-\w+\.webp$", each)[1] for each in shown] == ["640", "640"]
        assert (len(sizes), sum(sizes) < 200_000) == (2, True)
