"""Why a verb of this room refuses."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext, gettext_lazy


class Refused(Exception):
    """The change was refused. `message` is what the person reads who asked for it."""

    message = gettext_lazy("The change was refused.")

    def __init__(self, message: str = "") -> None:
        super().__init__(message or str(self.message))


class AlreadyPublished(Refused):
    message = gettext_lazy("The post is already published.")


class NotPublished(Refused):
    message = gettext_lazy("The post is not published.")


class CommentsClosed(Refused):
    message = gettext_lazy("Comments on this post are closed.")


class MembersOnly(Refused):
    message = gettext_lazy("Sign in to comment on this post.")


class NotScheduled(Refused):
    message = gettext_lazy("The post is not scheduled.")


class AlreadyApproved(Refused):
    message = gettext_lazy("The comment is already visible.")


class NotVisible(Refused):
    message = gettext_lazy("The comment is not visible.")


class StillHeld(Refused):
    message = gettext_lazy("Readers do not see this comment. Approve it first, or approve it with the reply.")


class PostGone(Refused):
    message = gettext_lazy("The post does not exist any more. Nothing was saved.")


class RevisedMeanwhile(Refused):
    message = gettext_lazy("Someone else saved this post while you were editing it.")


class CommentGone(Refused):
    message = gettext_lazy("The comment does not exist any more. Nothing was saved.")


class PictureGone(Refused):
    message = gettext_lazy("The picture was deleted already.")


class PictureShared(Refused):
    message = gettext_lazy("Others uploaded this picture too, or use it. An editor can delete it.")


class PictureDescribedElsewhere(Refused):
    message = gettext_lazy("Others use this image too. Ask an editor to change its description.")


class UsedMeanwhile(Refused):
    message = gettext_lazy("The picture is used in more places than this page showed. Look at them, then decide again.")


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


class NotStored(ValidationError):
    """The server could not write an uploaded file: mostly, its disk is full."""

    def __init__(self) -> None:
        text = gettext("The file could not be stored: the server has no room for it. Leave it out, or try again later.")
        super().__init__(text, code="not_stored")


class MediaRefused(ValidationError):
    """The file is not an image that can be stored."""
