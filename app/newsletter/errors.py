"""What this room answers when it cannot do what it was asked."""

from django.utils.translation import gettext_lazy

from app.blog.errors import Refused


class NeverMailed(Refused):
    message = gettext_lazy("This post was not mailed to readers yet.")


class StillMailing(Refused):
    message = gettext_lazy("The last mailing of this post is not over yet.")


class NotTheNext(Refused):
    message = gettext_lazy("Another mailing of this post was asked for meanwhile; look at it before you ask again.")


class NothingWithheld(Refused):
    message = gettext_lazy("Everybody on this mailing's list was mailed, or is being mailed.")
