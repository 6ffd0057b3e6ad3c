"""The news that something about the sign-in was changed, each time: it may not have been the owner."""

from __future__ import annotations

from datetime import datetime
from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from app.accounts.models import User
from app.mail.rendering import link
from app.notices.kinds import Kind, register
from app.notices.models import Notice
from app.site.current import site
from app.site.pages import OPENID, SECOND_FACTOR


class Change(models.TextChoices):
    """What happened. The value is part of what the rows keep: it never changes."""

    APP_ON = "app_on", gettext_lazy("An authenticator app was added. Signing in asks for its code now.")
    APP_OFF = "app_off", gettext_lazy("The authenticator app was removed.")
    PASSKEY_ON = "passkey_on", gettext_lazy("A passkey was added.")
    PASSKEY_OFF = "passkey_off", gettext_lazy("A passkey was removed.")
    CODES = "codes", gettext_lazy("New recovery codes were made. Earlier ones no longer work.")
    CODE_USED = "code_used", gettext_lazy("A recovery code was used to sign in.")
    WRONG_CODES = (
        "wrong_codes",
        gettext_lazy(
            "Someone who knows your password, or uses a session of yours, entered many wrong codes, "
            "so codes of the app are refused for an hour. "
            "If this was not you, change your password."
        ),
    )
    LINKED = (
        "linked",
        gettext_lazy(
            "An account at another service was linked. It signs you in from now on. "
            "If this was not you, unlink it on the page below: a new password alone does not keep it out."
        ),
    )
    UNLINKED = "unlinked", gettext_lazy("The account at another service was unlinked. It no longer signs you in.")
    RESET = (
        "reset",
        gettext_lazy(
            "An administrator removed your second factor, and all your sessions have ended. Your password alone signs in now."
        ),
    )


ELSEWHERE = (Change.LINKED, Change.UNLINKED)


@register
class SecondFactorNotice(Kind):
    name = "second_factor"
    template = "second_factor/mail/changed"

    def subject(self, notice: Notice, number: int) -> str:
        return _("Your sign-in at %(site)s was changed") % {"site": site().name}

    def links(self, notice: Notice) -> dict[str, Any]:
        change, _slash, at = notice.subject_key.partition("/")
        return {
            "what": Change(change).label,
            "changed_at": datetime.fromisoformat(at),
            "settings_url": link((OPENID if change in ELSEWHERE else SECOND_FACTOR).url()),
            "contact": parseaddr(settings.DEFAULT_FROM_EMAIL)[1],
        }


def notify(user: User, change: Change, *, now: datetime) -> None:
    """Owe the mail, in the transaction of the change."""
    Notice.objects.owe(user, SecondFactorNotice, f"{change}/{now.isoformat()}")
