"""Look at an uploaded file before it is believed to be an image."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from io import BytesIO

from django.core.files.base import File
from PIL import Image, UnidentifiedImageError

from app.blog.errors import MediaRefused

SIZE_LIMIT = 20 * 2**20
PIXEL_LIMIT = 40_000_000
FORMATS = {
    "JPEG": ("image/jpeg", "jpg"),
    "PNG": ("image/png", "png"),
    "GIF": ("image/gif", "gif"),
    "WEBP": ("image/webp", "webp"),
}


@dataclass(frozen=True, kw_only=True)
class ImageFacts:
    width: int
    height: int
    content_type: str
    extension: str


def examine(file: File[bytes]) -> tuple[bytes, ImageFacts]:
    """Return the bytes of an image, and what its header says. Raises MediaRefused; no pixel is decoded."""
    file.seek(0)
    content = file.read(SIZE_LIMIT + 1)
    if len(content) > SIZE_LIMIT:
        raise MediaRefused(f"The file is larger than {SIZE_LIMIT // 2**20} MB.")
    return content, _facts(content)


def _facts(content: bytes) -> ImageFacts:
    try:
        with warnings.catch_warnings():
            # Pillow warns of a bomb at a lower count than ours; the count is checked below.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(BytesIO(content), formats=list(FORMATS)) as image:
                facts = _checked(image)
                image.verify()
    except MediaRefused:
        raise
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError, ValueError) as error:
        raise MediaRefused("The file is no JPEG, PNG, GIF or WebP image, or a damaged one.") from error
    return facts


def _checked(image: Image.Image) -> ImageFacts:
    if image.width * image.height > PIXEL_LIMIT:
        raise MediaRefused(f"The image has more than {PIXEL_LIMIT // 1_000_000} megapixels.")
    content_type, extension = FORMATS[str(image.format)]
    return ImageFacts(width=image.width, height=image.height, content_type=content_type, extension=extension)
