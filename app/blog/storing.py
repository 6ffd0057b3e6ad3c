"""Write an upload into a storage, whole or not at all."""

from __future__ import annotations

import logging
from contextlib import suppress

from django.core.files.base import File
from django.core.files.storage import Storage

from app.blog.errors import NotStored

logger = logging.getLogger("blog")


def store(storage: Storage, name: str, file: File[bytes]) -> str:
    """Return the name that the file got. Raises NotStored, and leaves no part of a file, where the disk takes no more."""
    name = storage.get_available_name(name)
    try:
        return str(storage.save(name, file))
    except Exception as error:
        with suppress(OSError):
            storage.delete(name)
        if not isinstance(error, OSError):
            raise
        logger.exception("blog.file_not_stored", extra={"file": name})
        raise NotStored from error
