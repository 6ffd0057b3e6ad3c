"""Smaller copies of pictures: what a worker draws, and what pages, feeds and emails show of it."""

from __future__ import annotations

import re
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import transaction
from django.utils import timezone
from PIL import Image
from pytest_django import Settings

from app.accounts.models import User
from app.blog import files, picture_markup, variants, versions
from app.blog.effects import draw_variants
from app.blog.models import Media
from app.blog.picture_pages import describe_picture
from app.blog.picture_scaling import Copies, copies_of
from owed import owe
from owed.models import Effect
from owed.testing import drain, owes
from tests.factories import Publish, image

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def media_root(settings: Settings, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def file(name: str, size: tuple[int, int], mode: str = "RGB", **options: object) -> bytes:
    """Return a picture too rich to be small: a gradient with a red left edge."""
    content = BytesIO()
    picture = Image.merge("RGB", [Image.linear_gradient("L").resize(size)] * 3)
    picture.paste("red", (0, 0, size[0] // 8, size[1]))
    picture.convert(mode).save(content, name, **options)
    return content.getvalue()


def copies(content: bytes) -> Copies:
    return copies_of(BytesIO(content), 10**9)


def widths(content: bytes) -> list[int]:
    return sorted(each.width for each in copies(content).for_pages)


def photo(author: User, width: int = 1400, height: int = 1000) -> Media:
    """Return a picture of the library whose variants are drawn."""
    content = file("JPEG", (width, height), quality=95)
    media = Media.objects.store(ContentFile(content + b"\0" * 300_000, name="photo.jpg"), author)
    Media.objects.filter(pk=media.pk).update(size=10**6)
    variants.draw_variants(media.pk)
    media.refresh_from_db()
    return media


class TestTheCopies:
    @pytest.mark.parametrize(
        ("width", "drawn"),
        [(2400, [640, 1280, 2000]), (1300, [640, 1300]), (640, [640]), (100, [100])],
    )
    def test_are_never_wider_than_the_original(self, width: int, drawn: list[int]) -> None:
        assert widths(file("PNG", (width, 50))) == drawn

    def test_keep_the_proportions_and_the_colours_of_a_photo_that_was_turned(self) -> None:
        exif = Image.Exif()
        exif[0x0112] = 6
        narrow = copies(file("JPEG", (1600, 800), exif=exif)).for_pages[-1]
        assert (narrow.width, narrow.height) == (640, 1280)
        with Image.open(BytesIO(narrow.content)) as drawn:
            assert (drawn.format, drawn.size, dict(drawn.getexif())) == ("WEBP", (640, 1280), {})
            red, green, _ = drawn.convert("RGB").getpixel((320, 2))
            assert red > 200 > green

    @pytest.mark.parametrize("mode", ["CMYK", "L", "1", "P", "RGBA", "LA", "I;16"])
    def test_are_drawn_of_every_kind_of_pixels(self, mode: str) -> None:
        content = BytesIO()
        Image.new(mode, (700, 10)).save(content, "JPEG" if mode == "CMYK" else "PNG")
        drawn = copies(content.getvalue())
        assert len(drawn.for_pages) == 1 + (700 >= 640 * 1.15)
        assert all(Image.open(BytesIO(each.content)).mode in {"RGB", "RGBA"} for each in drawn.for_pages)

    def test_of_a_transparent_picture_are_transparent_and_have_no_colour_of_their_own(self) -> None:
        content = BytesIO()
        Image.new("RGBA", (1500, 10), (255, 0, 0, 90)).save(content, "PNG")
        drawn = copies(content.getvalue())
        assert (drawn.tone, drawn.plain and drawn.plain.extension) == ("", "png")
        assert Image.open(BytesIO(drawn.for_pages[0].content)).mode == "RGBA"

    def test_are_not_made_of_a_moving_picture(self) -> None:
        frames, content = [Image.new("RGB", (900, 9), color) for color in ("red", "green")], BytesIO()
        frames[0].save(content, "GIF", save_all=True, append_images=frames[1:])
        assert copies(content.getvalue()) == Copies()

    def test_that_would_be_larger_than_a_small_original_are_left_out(self) -> None:
        content = file("PNG", (700, 10))
        assert copies_of(BytesIO(content), 10).for_pages == ()

    def test_for_emails_are_of_a_kind_that_outlook_shows(self) -> None:
        plain = copies(file("WEBP", (1500, 1000))).plain
        assert plain
        assert (plain.content_type, plain.width, plain.height) == ("image/jpeg", 1280, 853)
        assert copies_of(BytesIO(file("PNG", (900, 10))), 2000).plain is None

    def test_of_a_photo_of_twelve_megapixels_fit_a_phone(self) -> None:
        noise = Image.effect_noise((403, 302), 25).resize((4032, 3024), Image.Resampling.BICUBIC).convert("RGB")
        content = BytesIO()
        noise.save(content, "JPEG", quality=85)
        narrow = copies(content.getvalue()).for_pages[-1]
        assert (narrow.width, len(narrow.content) < 100_000) == (640, True)


class TestAnUpload:
    def test_owes_its_variants_and_is_shown_as_it_is_until_then(self, author: User) -> None:
        media = Media.objects.store(image(size=(1500, 10)), author)
        assert list(owes("media.variants", about=media).values_list("args", flat=True)) == [{"media_id": media.pk}]
        shown = picture_markup.on_page(f'<p><img src="{media.url}" alt="w"></p>')
        assert shown == f'<p><img src="{media.url}" alt="w" width="1500" height="10"></p>'
        drain()
        media.refresh_from_db()
        assert (media.drawn_at is None, media.for_pages == [], len(media.tone) > 5) == (False, False, True)

    def test_that_cannot_be_drawn_is_a_failure_with_its_traceback_and_shown_all_the_same(self, author: User) -> None:
        media = Media.objects.store(image(), author)
        default_storage.delete(str(media.file.name))
        default_storage.save(str(media.file.name), ContentFile(b"damaged on the disk"))
        drain()
        [effect] = Effect.objects.filter(task="media.variants")
        assert effect.state != "done"
        assert "UnidentifiedImageError" in effect.attempts.get().traceback
        assert media.url in picture_markup.on_page(f'<img src="{media.url}" alt="">')

    def test_is_drawn_into_the_same_files_however_often(self, author: User, media_root: Path) -> None:
        media = photo(author)
        before = sorted(media_root.rglob("variants/*/*/*"))
        variants.draw_variants(media.pk)
        assert sorted(media_root.rglob("variants/*/*/*")) == before
        assert len(before) == 3
        assert all(re.fullmatch(r"\d+-[0-9a-f]{16}\.(webp|jpg)", path.name) for path in before)


class TestAPage:
    def test_offers_the_sizes_with_width_and_height(self, author: User) -> None:
        media = photo(author)
        small, large = media.for_pages
        shown = picture_markup.on_page(f'<p>x</p><p><img src="{media.url}" alt="A" loading="lazy" decoding="async"></p>')
        assert f'srcset="{small.url} 640w, {large.url} 1400w"' in shown
        assert 'sizes="(min-width: 42rem) 608px, 91vw"' in shown
        assert f'src="{large.url}"' in shown
        assert 'width="1400" height="1000"' in shown
        assert f'class="{media.tone}"' in shown
        assert 'loading="lazy"' in shown
        assert media.url not in shown

    def test_loads_the_first_picture_at_once(self, author: User) -> None:
        media = photo(author)
        tag = f'<p>x <img src="{media.url}" alt="A" loading="lazy"></p>'
        first, second = picture_markup.PICTURE.findall(picture_markup.on_page(tag * 2, first=True))
        assert ("lazy" in first, "fetchpriority" in first, "lazy" in second) == (False, True, True)
        assert "lazy" in picture_markup.on_page(tag)

    def test_keeps_a_width_that_was_written(self, author: User) -> None:
        media = photo(author)
        shown = picture_markup.on_page(f'<img src="{media.url}" alt="A" width="300">')
        assert 'width="300"' in shown
        assert "height" not in shown
        assert 'sizes="(min-width: 42rem) 300px, 91vw"' in shown

    def test_leaves_pictures_of_others_alone(self, author: User) -> None:
        media = photo(author)
        other = '<img src="https://a.example/media/images/x.png" alt="x" loading="lazy">'
        assert other in picture_markup.on_page(f'{other}<img src="{media.url}" alt="A">')

    def test_says_what_the_library_says_of_a_picture(self, author: User) -> None:
        media = photo(author)
        describe_picture(media, by=author, alt='A "red" edge', caption="Seen <from> above")
        alone = f'<p><img src="{media.url}" alt=""></p>'
        for show in (picture_markup.on_page, picture_markup.elsewhere):
            assert 'alt="A &quot;red&quot; edge"' in show(alone)
            assert "<figcaption>Seen &lt;from&gt; above</figcaption></figure>" in show(alone)
            assert 'alt="Mine"' in show(alone.replace('alt=""', 'alt="Mine"'))
            assert "figcaption" not in show(f'<p>Words <img src="{media.url}" alt=""></p>')

    def test_is_built_again_once_they_are_drawn_or_described(self, author: User, publish: Publish) -> None:
        media = Media.objects.store(image(size=(1500, 10)), author)
        inside, covered = publish("In", f"![]({media.url})"), publish("On", "-", cover=media)
        scopes = [f"post:{inside.pk}", f"post:{covered.pk}", "site"]
        before = versions.current_of(scopes)
        variants.draw_variants(media.pk)
        drawn = versions.current_of(scopes)
        assert all(drawn[scope] > before[scope] for scope in scopes)
        variants.draw_variants(media.pk)
        assert versions.current_of(scopes) == drawn
        describe_picture(media, by=author, alt="A", caption="")
        assert all(number > drawn[scope] for scope, number in versions.current_of(scopes).items())


class TestFeedsAndEmails:
    def test_show_a_file_that_every_program_shows(self, author: User) -> None:
        media = photo(author)
        shown = picture_markup.elsewhere(f'<img src="{media.url}" alt="A">')
        assert f'src="{media.plain.url}" alt="A" width="1280" height="914"' in shown
        assert media.plain.url.endswith(".jpg")
        assert "srcset" not in shown


class TestTheCatchUp:
    def test_owes_those_that_have_none_once(self, author: User) -> None:
        drawn, new, failed = photo(author), *(Media.objects.store(image(color), author) for color in ("red", "blue"))
        Effect.objects.all().delete()
        with transaction.atomic():
            owe(draw_variants.si(media_id=failed.pk), about=f"media:{failed.pk}")
        Effect.objects.update(state="dead", finished_at=timezone.now())
        assert [variants.owe_missing_variants(), variants.owe_missing_variants()] == [1, 0]
        assert owes("media.variants", about=new).count() == 1
        assert not owes("media.variants", about=drawn).exists()

    def test_is_called_by_hand_for_all(self, author: User, capsys: pytest.CaptureFixture[str]) -> None:
        media = photo(author)
        Effect.objects.all().delete()
        call_command("pictures", "--draw")
        call_command("pictures", "--draw", "all")
        assert [line.split(";")[0] for line in capsys.readouterr().out.splitlines()] == [
            "Owed for 0 pictures",
            "Owed for 1 pictures",
        ]
        assert owes("media.variants", about=media).count() == 1


class TestDeletion:
    def test_takes_the_variants_along(self, author: User, media_root: Path) -> None:
        media = photo(author)
        media.discard(by=author)
        files.cleanup_post_files([media.pk])
        assert [path for path in media_root.rglob("*") if path.is_file()] == []

    def test_while_they_are_drawn_leaves_no_file(self, author: User, media_root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        media = Media.objects.store(image(size=(900, 9)), author)

        def drawn_late(*args: object) -> Copies:
            copies = copies_of(*args)  # type: ignore[arg-type]
            media.discard(by=author)
            files.cleanup_post_files([media.pk])
            return copies

        monkeypatch.setattr(variants, "copies_of", drawn_late)
        variants.draw_variants(media.pk)
        assert not list(media_root.rglob("*.webp"))

    def test_of_a_row_that_never_was_is_swept_a_week_later(self, author: User, media_root: Path) -> None:
        kept, lost = photo(author), photo(author, 1300)
        Media.objects.filter(pk=lost.pk).delete()
        now = timezone.now()
        assert variants.remove_stray_variants(now) == 0
        assert variants.remove_stray_variants(now + timedelta(days=8)) == 3
        assert {path.parent.name for path in media_root.rglob("*.webp")} == {kept.checksum}
