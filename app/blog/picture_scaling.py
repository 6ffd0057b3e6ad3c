"""Smaller copies of a picture, as pages and emails need them. A worker draws them: it takes seconds of a processor.

WebP alone for pages: every browser since 2020 shows it, and AVIF, a quarter smaller, took five times as long to draw.
"""

from __future__ import annotations

import colorsys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO
from typing import IO

from PIL import Image, ImageCms, ImageOps

WIDTHS = (640, 1280, 2000)
PLAIN_WIDTH = 1280
"""Of the copy for emails, feeds and previews of links: Outlook and many programs that draw previews know no WebP."""
PLAIN_ENOUGH = 300_000
"""Bytes up to which an original as narrow as that copy is sent as it is."""
WEBP_EDGE = 16_383
QUALITY = 75
PLAIN_QUALITY = 80
CLOSE = 1.15
"""No copy is made that is hardly narrower than the next."""
SRGB = ImageCms.createProfile("sRGB")
KINDS = {"WEBP": ("image/webp", "webp"), "JPEG": ("image/jpeg", "jpg"), "PNG": ("image/png", "png")}


@dataclass(frozen=True, kw_only=True)
class Copy:
    """A file to be stored. Width and height in pixels."""

    content: bytes
    content_type: str
    extension: str
    width: int
    height: int


@dataclass(frozen=True, kw_only=True)
class Copies:
    """What was drawn: nothing of a moving picture. `tone` is the class of its colour, empty where it is transparent."""

    for_pages: tuple[Copy, ...] = ()
    plain: Copy | None = None
    tone: str = ""


def copies_of(file: IO[bytes], size: int) -> Copies:
    """Draw the copies of a stored original of `size` bytes. Raises what Pillow raises of a file that is damaged."""
    with Image.open(file) as image:
        if getattr(image, "n_frames", 1) > 1:
            return Copies()
        is_plain = image.format != "WEBP" and image.width <= PLAIN_WIDTH and size <= PLAIN_ENOUGH
        upright = _upright(image)
        width, height = upright.size
        drawn = _for_screens(upright, min(width, max(WIDTHS)))
    # What is not smaller than the original helps no one, unless the original is too wide for a page.
    limit = size if width <= max(WIDTHS) else None
    pages = [each for each in _for_pages(drawn, (width, height)) if limit is None or len(each.content) < limit]
    plain = None if is_plain else _plain(drawn, (width, height))
    return Copies(for_pages=tuple(pages), plain=plain, tone=_tone(drawn))


def _upright(image: Image.Image) -> Image.Image:
    """Decode the picture, a large JPEG at the scale that is needed, and turn it as it is to be seen."""
    widest = max(WIDTHS)
    if image.format == "JPEG" and min(image.size) > widest:
        image.draft(image.mode, (widest, widest))
    # In place: a picture that lies as it is to be seen is not copied. One of 40 megapixels takes 120 to 160 MB.
    ImageOps.exif_transpose(image, in_place=True)
    return image


def _for_screens(image: Image.Image, width: int) -> Image.Image:
    """Return it at most so wide, with 8 bits a channel, as RGB or RGBA in the colours that screens take for granted."""
    if image.mode.startswith("I;16"):
        # Pillow's own conversion cuts 16 bits of grey off at white instead of scaling them.
        image = image.point(lambda grey: grey / 256, "L")
    profile = image.info.get("icc_profile")
    if "transparency" in image.info or image.mode in {"LA", "PA", "RGBa", "La"}:
        image = image.convert("RGBA")
    elif image.mode not in {"RGB", "RGBA", "L", "CMYK"}:
        image = image.convert("RGB")
    if width < image.width:
        image = _scaled(image, width, image.size)
    return _in_srgb(image, profile)


def _scaled(image: Image.Image, width: int, original: tuple[int, int]) -> Image.Image:
    """Return it so wide; the height is in proportion to the original's, however often it was scaled before."""
    size = (width, max(1, round(original[1] * width / original[0])))
    return image if image.size == size else image.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)


def _in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    mode = "RGBA" if image.mode == "RGBA" else "RGB"
    if profile:
        # A profile that does not fit the pixels is left out of account, as browsers do.
        with suppress(ImageCms.PyCMSError, OSError):
            converted = ImageCms.profileToProfile(image, BytesIO(profile), SRGB, outputMode=mode)
            if converted is not None:
                image = converted
    image = image if image.mode == mode else image.convert(mode)
    return image.convert("RGB") if mode == "RGBA" and _is_opaque(image) else image


def _is_opaque(image: Image.Image) -> bool:
    return image.mode == "RGB" or image.getchannel("A").getextrema()[0] == 255


def _for_pages(image: Image.Image, original: tuple[int, int]) -> Iterator[Copy]:
    """Yield a copy for each width, none wider than the original, from the widest to the narrowest."""
    widest = min(original[0], max(WIDTHS))
    for width in sorted({widest, *(each for each in WIDTHS if each * CLOSE <= widest)}, reverse=True):
        image = _scaled(image, width, original)
        if image.height <= WEBP_EDGE:
            yield _encoded(image, "WEBP", quality=QUALITY, method=4)


def _plain(image: Image.Image, original: tuple[int, int]) -> Copy:
    scaled = _scaled(image, min(original[0], PLAIN_WIDTH), original)
    if _is_opaque(scaled):
        return _encoded(scaled, "JPEG", quality=PLAIN_QUALITY, progressive=True, optimize=True)
    return _encoded(scaled, "PNG", optimize=True)


def _encoded(image: Image.Image, name: str, **options: object) -> Copy:
    content, (content_type, extension) = BytesIO(), KINDS[name]
    bare = image.copy()
    bare.info.clear()
    bare.save(content, name, **options)
    return Copy(
        content=content.getvalue(), content_type=content_type, extension=extension, width=image.width, height=image.height
    )


def _tone(image: Image.Image) -> str:
    """Return the class that paints the place of the picture until it is there: one of 52 in tones.css, of its mean colour.

    A style of its own is not possible: the site's Content-Security-Policy allows no inline styles.
    """
    if not _is_opaque(image):
        return ""
    red, green, blue = image.resize((1, 1), Image.Resampling.BOX).tobytes()
    hue, light, saturation = colorsys.rgb_to_hls(red / 255, green / 255, blue / 255)
    colour = "grey" if saturation < 0.06 else str(int(hue * 12) % 12)
    return f"tone-{colour}-{min(3, int(light * 4))}"
