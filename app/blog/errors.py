"""Why a verb of this room refuses. Docstrings are the messages, marked here for translation."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext, gettext_noop


class Refused(Exception):
    """The change was refused."""

    def __init__(self, message: str = "") -> None:
        super().__init__(message or gettext(self.__doc__ or ""))


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
    """The post does not exist any more. Nothing was saved."""


class RevisedMeanwhile(Refused):
    """Someone else saved this post while you were editing it."""


class CommentGone(Refused):
    """The comment does not exist any more. Nothing was saved."""


class PictureGone(Refused):
    """The picture was deleted already."""


class PictureShared(Refused):
    """Others uploaded this picture too, or use it. An editor can delete it."""


class UsedMeanwhile(Refused):
    """The picture is used in more places than this page showed. Look at them, then decide again."""


class NotSaved(TypeError):
    """A verb moves this field; save() does not write it."""


class ContentTooLong(ValidationError):
    """The text is longer than a page may be."""

    def __init__(self, size: int, limit: int) -> None:
        super().__init__(
            gettext("The text has %(size)s bytes; at most %(limit)s are accepted.")
            % {"size": f"{size:,}", "limit": f"{limit:,}"},
            code="content_too_long",
        )


class MediaRefused(ValidationError):
    """The file is not an image that can be stored."""


# makemessages reads literals, not docstrings.
MARKED = frozenset({
    gettext_noop("The change was refused."),
    gettext_noop("The post is already published."),
    gettext_noop("The post is not published."),
    gettext_noop("The post is not scheduled."),
    gettext_noop("The comment is already visible."),
    gettext_noop("The comment is not visible."),
    gettext_noop("The post does not exist any more. Nothing was saved."),
    gettext_noop("Someone else saved this post while you were editing it."),
    gettext_noop("The comment does not exist any more. Nothing was saved."),
    gettext_noop("The picture was deleted already."),
    gettext_noop("Others uploaded this picture too, or use it. An editor can delete it."),
    gettext_noop("The picture is used in more places than this page showed. Look at them, then decide again."),
})  # fmt: skip
