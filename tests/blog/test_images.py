"""Photos as phones write them: kept upright, without where they were taken."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from app.blog.errors import MediaRefused
from app.blog.images import ImageFacts, examine

PHOTOS = Path(__file__).parent / "photos"
PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def kept(content: bytes) -> tuple[Image.Image, ImageFacts]:
    """Return what is kept of an upload, opened by Pillow, and the facts that go with it."""
    stored, facts = examine(ContentFile(content))
    return Image.open(BytesIO(stored)), facts


def photo(name: str = "JPEG", *, orientation: int = 1, mode: str = "RGB") -> bytes:
    """Return a picture of 40x20 with a position, a comment and a colour profile; its left half is red."""
    image = Image.new(mode, (40, 20), "blue" if mode == "RGB" else (0, 0, 255, 128))
    image.paste("red", (0, 0, 20, 20))
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = orientation, "Maker"
    exif.get_ifd(0x8825)[1], exif.get_ifd(0x8825)[2] = "N", (52.0, 31.0, 12.0)
    content = BytesIO()
    image.save(content, name, exif=exif, icc_profile=PROFILE, **({"lossless": True} if name == "WEBP" else {}))
    return content.getvalue()


class TestAPhonesPhoto:
    def test_with_a_second_picture_inside_is_a_jpeg(self) -> None:
        image, facts = kept((PHOTOS / "two-pictures.jpg").read_bytes())
        assert (facts.content_type, facts.extension, facts.width, facts.height) == ("image/jpeg", "jpg", 300, 200)
        assert (image.format, getattr(image, "n_frames", 1)) == ("JPEG", 1)

    def test_of_an_iphone_becomes_a_jpeg_without_a_position(self) -> None:
        content = (PHOTOS / "iphone.heic").read_bytes()
        assert Image.open(BytesIO(content)).getexif().get_ifd(0x8825)
        image, facts = kept(content)
        assert (image.format, facts.content_type, facts.extension) == ("JPEG", "image/jpeg", "jpg")
        assert image.size == (facts.width, facts.height) == (96, 64)
        assert dict(image.getexif()) == {}
        red, _, blue = image.getpixel((4, 4))
        assert red > 200 > blue

    def test_that_lies_on_its_side_is_turned(self) -> None:
        image, facts = kept((PHOTOS / "on-its-side.jpg").read_bytes())
        assert image.size == (facts.width, facts.height) == (200, 400)
        assert image.getexif().get(0x0112, 1) == 1

    def test_keeps_no_position(self) -> None:
        stored, _ = examine(ContentFile((PHOTOS / "with-position.jpg").read_bytes()))
        assert b"Exif" not in stored
        assert not Image.open(BytesIO(stored)).getexif().get_ifd(0x8825)


class TestAnImage:
    @pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP"])
    @pytest.mark.parametrize("orientation", range(1, 9))
    def test_is_upright_and_keeps_its_colour_profile_and_no_other_metadata(self, name: str, orientation: int) -> None:
        image, facts = kept(photo(name, orientation=orientation))
        assert image.size == (facts.width, facts.height) == ((40, 20) if orientation < 5 else (20, 40))
        assert image.info["icc_profile"] == PROFILE
        assert dict(image.getexif()) == {}
        red_corner = {1: (0, 0), 2: (39, 0), 3: (39, 19), 4: (0, 19), 5: (0, 0), 6: (19, 0), 7: (19, 39), 8: (0, 39)}[
            orientation
        ]
        red, _, blue = image.convert("RGB").getpixel(red_corner)
        assert red > 200 > blue

    def test_of_an_upright_photo_keeps_each_pixel(self) -> None:
        content = photo()
        image, _ = kept(content)
        assert image.tobytes() == Image.open(BytesIO(content)).tobytes()

    @pytest.mark.parametrize("name", ["PNG", "WEBP"])
    def test_keeps_transparency(self, name: str) -> None:
        image, _ = kept(photo(name, mode="RGBA"))
        assert image.convert("RGBA").getpixel((39, 0))[3] == 128

    @pytest.mark.parametrize("name", ["GIF", "PNG", "WEBP"])
    def test_keeps_its_frames(self, name: str) -> None:
        frames, content = [Image.new("RGB", (9, 9), color) for color in ("red", "green", "blue")], BytesIO()
        frames[0].save(content, name, save_all=True, append_images=frames[1:], duration=50)
        image, _ = kept(content.getvalue())
        assert getattr(image, "n_frames", 1) == 3

    def test_of_sixteen_bits_stays_one(self) -> None:
        content = BytesIO()
        Image.new("I;16", (8, 8), 40_000).save(content, "PNG")
        image, _ = kept(content.getvalue())
        assert image.getpixel((0, 0)) == 40_000

    @settings(max_examples=200)
    @given(st.sampled_from(["JPEG", "PNG", "WEBP"]), st.integers(0, 5_000), st.binary(max_size=9), st.integers(0, 5_000))
    def test_that_is_damaged_is_kept_or_refused_and_nothing_else(self, name: str, at: int, junk: bytes, end: int) -> None:
        content = photo(name)
        damaged = content[:at] + junk + content[at + len(junk) : max(end, at)]
        try:
            stored, facts = examine(ContentFile(damaged))
        except MediaRefused:
            return
        assert facts.width
        assert b"Maker" not in stored
