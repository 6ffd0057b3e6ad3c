"""Take a large upload although the disk of temporary files is full: the rest of the form is worth keeping."""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import Any, NoReturn

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import TemporaryFileUploadHandler

from app.blog.errors import NotStored

logger = logging.getLogger("blog")


class LostUpload(UploadedFile):  # type: ignore[type-arg]  # not generic while it runs
    """A file that could not be kept. Whatever reads it raises NotStored, which every form and the API answer."""

    def open(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise NotStored

    read = seek = chunks = open


class TolerantHandler(TemporaryFileUploadHandler):
    """Django's handler raises OSError from the middle of the form, and with it go all other fields."""

    is_lost = False

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        self.is_lost = False
        try:
            super().new_file(*args, **kwargs)
        except OSError:
            self._lose()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        if not self.is_lost:
            try:
                self.file.write(raw_data)
            except OSError:
                self._lose()
        return None

    def file_complete(self, file_size: int) -> Any:
        if not self.is_lost:
            try:
                return super().file_complete(file_size)
            except OSError:
                self._lose()
        return LostUpload(None, self.file_name, self.content_type, file_size, self.charset, self.content_type_extra)

    def _lose(self) -> None:
        self.is_lost = True
        logger.exception("blog.upload_not_kept")
        with suppress(OSError, AttributeError):
            self.file.close()
