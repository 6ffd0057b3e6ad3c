"""A small real image."""

from __future__ import annotations

from io import BytesIO

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image


def png(content: bytes = b"") -> SimpleUploadedFile:
    """Return an upload: a picture, or these bytes called one."""
    buffer = BytesIO()
    Image.new("RGB", (8, 6), "#2438b8").save(buffer, "PNG")
    return SimpleUploadedFile("picture.png", content or buffer.getvalue(), "image/png")
