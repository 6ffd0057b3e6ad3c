"""What this room answers when it cannot do what it was asked. Docstrings are the messages."""

from app.blog.errors import Refused


class NeverMailed(Refused):
    """This post was not mailed to readers yet."""


class StillMailing(Refused):
    """The last mailing of this post is not over yet."""


class NotTheNext(Refused):
    """Another mailing of this post was asked for meanwhile; look at it before you ask again."""
