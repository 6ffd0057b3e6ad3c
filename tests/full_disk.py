"""A disk that takes no more: the kernel refuses to let this process's files grow."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image


@contextmanager
def no_room(beyond: int = 200_000) -> Iterator[None]:
    """Let no file of this process grow beyond so many bytes: what is written until then stays, as on a disk that fills."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (beyond, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def noise(width: int, height: int = 512) -> SimpleUploadedFile:
    """Return an upload of about width * height bytes that no format makes smaller."""
    content = BytesIO()
    Image.effect_noise((width, height), 90).save(content, "PNG")
    return SimpleUploadedFile("noise.png", content.getvalue(), "image/png")
