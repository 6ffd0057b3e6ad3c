"""A post's cover, made small enough for a network."""

from functools import partial
from io import BytesIO

from django.core.files.storage import default_storage
from PIL import Image, ImageOps, UnidentifiedImageError

EDGES = (1600, 1200, 800, 400)
KIND = "image/jpeg"


def jpeg(name: str, *, at_most: int) -> bytes:
    """Return the stored picture as JPEG of at most so many bytes, empty where it cannot be read."""
    try:
        with default_storage.open(name) as file, Image.open(file) as image:
            image.load()
            sizes = map(partial(_encoded, _flat(image)), EDGES)
            return next((content for content in sizes if len(content) <= at_most), b"")
    except (FileNotFoundError, UnidentifiedImageError, OSError, Image.DecompressionBombError):
        return b""


def _flat(image: Image.Image) -> Image.Image:
    """Return the picture on white: JPEG knows no transparency."""
    upright = ImageOps.exif_transpose(image)
    # Pillow's own conversion cuts 16 bits of grey off at white instead of scaling them.
    eight_bits = upright.point(lambda grey: grey / 256, "L") if upright.mode.startswith("I;16") else upright
    clear = eight_bits.convert("RGBA")
    flat = Image.new("RGB", clear.size, "white")
    flat.paste(clear, mask=clear.getchannel("A"))
    return flat


def _encoded(image: Image.Image, edge: int) -> bytes:
    small, content = image.copy(), BytesIO()
    small.thumbnail((edge, edge))
    small.save(content, "JPEG", quality=82, optimize=True)
    return content.getvalue()
