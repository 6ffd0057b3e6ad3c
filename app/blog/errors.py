"""What a verb of this room answers when it cannot do what it was asked. Docstrings are the messages."""

from django.core.exceptions import ValidationError


class Refused(Exception):
    """The change was refused."""

    def __init__(self, message: str = "") -> None:
        super().__init__(message or self.__doc__)


class AlreadyPublished(Refused):
    """The post is already published."""


class NotPublished(Refused):
    """The post is not published."""


class NotScheduled(Refused):
    """The post is not scheduled."""


class AlreadyApproved(Refused):
    """The comment is already visible."""


class NotVisible(Refused):
    """The comment is not visible."""


class PostGone(Refused):
    """The post does not exist any more; nothing was written."""


class RevisedMeanwhile(Refused):
    """Somebody saved this post while it was open here."""


class CommentGone(Refused):
    """The comment does not exist any more; nothing was written."""


class NotSaved(TypeError):
    """A verb moves this field; save() does not write it."""


class ContentTooLong(ValidationError):
    """The text is longer than a page may be."""

    def __init__(self, size: int, limit: int) -> None:
        super().__init__(f"The text has {size:,} bytes; at most {limit:,} are accepted.", code="content_too_long")


class MediaRefused(ValidationError):
    """The file is no image that can be kept."""
