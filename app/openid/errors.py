"""Why a sign-in with the provider does not go on."""

from django.utils.translation import gettext_lazy as _

from app.blog.errors import Refused


class SignInFailed(Exception):
    """The provider's answer cannot be used. `reason` is for the log: a constant, nothing that came from outside."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class LinkedElsewhere(Refused):
    message = _("This account opens another account here. Sign in with that one and unlink it there first.")


class LinkedAlready(Refused):
    message = _("Another account of this service signs you in. Unlink it first.")


class NotLinked(Refused):
    message = _("It is not linked any more.")


class LastWayIn(Refused):
    message = _("This is your only way to sign in, as your account has no password. It stays linked.")
