"""Why a verb of this room refuses."""

from django.utils.translation import gettext_lazy as _

from app.blog.errors import Refused


class WrongCode(Refused):
    message = _("This code is wrong or was used already. Enter the one that your app shows now.")


class AlreadyOn(Refused):
    message = _("An authenticator app is set up already. Remove it first.")


class NotSetUp(Refused):
    message = _("Set up an authenticator app or a passkey first.")


class PasskeyRefused(Refused):
    message = _("This passkey was not accepted. Try again.")


class NameTaken(Refused):
    message = _("You have a passkey of this name. Choose another name.")


class SecondFactorNeeded(Refused):
    message = _("This publication asks you for a second factor. Add another one before you remove this one.")
