"""Look at an uploaded file before it is believed to be an image, and leave out of it what readers must not get.

A phone writes into a photo where and when it was taken. All that goes; the colour profile stays, and so does how the camera
was held: the pixels are turned, so that the picture is upright wherever its metadata are dropped. A HEIC photo, which few
browsers show, becomes a JPEG. Other pictures are not decoded here: a request has no time for it (app/blog/variants.py).
"""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from io import BytesIO

from django.core.files.base import File
from django.utils.translation import gettext as _
from pi_heif import register_heif_opener
from PIL import Image, ImageOps

from app.blog.errors import MediaRefused
from app.blog.image_metadata import without_metadata

SIZE_LIMIT = 20 * 2**20
PIXEL_LIMIT = 40_000_000
QUALITY = 92
ORIENTATION = 0x0112
FORMATS = {
    "JPEG": ("image/jpeg", "jpg"),
    "PNG": ("image/png", "png"),
    "GIF": ("image/gif", "gif"),
    "WEBP": ("image/webp", "webp"),
}
# As iPhones write it. Read, and kept as JPEG.
HEIC = "HEIF"
# A JPEG with a second picture inside, as phones and 3D cameras write it. The first is what every browser shows.
ALIASES = {"MPO": "JPEG"}
SVG = re.compile(rb"\s*(?:<\?xml|<!--|<!DOCTYPE svg|<svg)", re.IGNORECASE)
# Thumbnails and depth maps stay unread, and the file's own pictures are bounded below like all others.
register_heif_opener(thumbnails=False, depth_images=False, aux_images=False)


@dataclass(frozen=True, kw_only=True)
class ImageFacts:
    """Width and height in pixels, as readers see them."""

    width: int
    height: int
    content_type: str
    extension: str


def examine(file: File[bytes]) -> tuple[bytes, ImageFacts]:
    """Return an image as it is to be kept, and its facts. Raises MediaRefused.

    Pixels are decoded only where the picture must be turned, and only after their number was checked.
    """
    file.seek(0)
    content = file.read(SIZE_LIMIT + 1)
    if len(content) > SIZE_LIMIT:
        raise MediaRefused(_("The file is larger than %(limit)s MB.") % {"limit": SIZE_LIMIT // 2**20})
    if SVG.match(content.removeprefix(b"\xef\xbb\xbf")):
        raise MediaRefused(_("SVG is not accepted: it can run scripts. Export the drawing as PNG and upload that."))
    try:
        with warnings.catch_warnings():
            # Pillow warns of a bomb at a lower count than ours; the count is checked below.
            warnings.simplefilter("ignore")
            return _examined(content)
    except MediaRefused:
        raise
    except Exception as error:
        # Pillow's decoders answer a damaged file with whatever their arithmetic ran into: KeyError, struct.error, EOFError …
        raise MediaRefused(_("Not a JPEG, PNG, GIF, WebP or HEIC image, or a damaged one.")) from error


def _examined(content: bytes) -> tuple[bytes, ImageFacts]:
    with _opened(content) as image:
        name = _format(image)
        if name != HEIC:
            image.verify()
    if name == HEIC:
        kept, name = _upright(content, "JPEG"), "JPEG"
    else:
        kept = _upright(content, name) if _is_turned(content, name) else without_metadata(content, name)
    with _opened(kept) as image:
        content_type, extension = FORMATS[name]
        return kept, ImageFacts(width=image.width, height=image.height, content_type=content_type, extension=extension)


def _opened(content: bytes) -> Image.Image:
    return Image.open(BytesIO(content), formats=[*FORMATS, HEIC])


def _is_turned(content: bytes, name: str) -> bool:
    """Return whether the file says that its pixels do not lie as they are to be seen. Moving pictures are never turned."""
    with _opened(content) as image:
        if name != "JPEG" and (getattr(image, "n_frames", 1) > 1 or "exif" not in image.info):
            return False
        return image.getexif().get(ORIENTATION, 1) in range(2, 9)


def _format(image: Image.Image) -> str:
    if image.width * image.height > PIXEL_LIMIT:
        raise MediaRefused(_("The image has more than %(limit)s megapixels.") % {"limit": PIXEL_LIMIT // 1_000_000})
    name = ALIASES.get(str(image.format), str(image.format))
    if name not in {*FORMATS, HEIC}:
        raise MediaRefused(_("Not a JPEG, PNG, GIF, WebP or HEIC image, or a damaged one."))
    return name


def _upright(content: bytes, name: str) -> bytes:
    """Return the picture turned as its orientation says, with its colour profile and no other metadata."""
    with _opened(content) as image:
        profile = image.info.get("icc_profile")
        # In place: a picture that lies as it is to be seen, as HEIC always does, is not copied.
        image.load()
        ImageOps.exif_transpose(image, in_place=True)
    turned, upright = image, BytesIO()
    if name == "JPEG" and turned.mode not in {"L", "RGB", "CMYK"}:
        turned = turned.convert("RGB")
    options = {"quality": QUALITY} if name != "PNG" else {}
    for key in [key for key in turned.info if key != "transparency"]:
        del turned.info[key]
    turned.save(upright, name, icc_profile=profile, exif=b"", **options)
    return upright.getvalue()
