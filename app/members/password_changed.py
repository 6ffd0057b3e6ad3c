"""The news that a password was changed, each time: it may not have been the owner."""

from __future__ import annotations

from datetime import datetime
from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from app.accounts.models import User
from app.mail.rendering import link
from app.notices.kinds import Kind, register
from app.notices.models import Notice
from app.site.current import site


@register
class PasswordChangedNotice(Kind):
    name = "password"
    template = "members/mail/password_changed"

    def subject(self, notice: Notice, number: int) -> str:
        return _("Your password at %(site)s was changed") % {"site": site().name}

    def links(self, notice: Notice) -> dict[str, Any]:
        return {
            "changed_at": datetime.fromisoformat(notice.subject_key),
            "forgotten_url": link(reverse("password_reset")),
            "is_taken": not notice.recipient.has_usable_password(),
            "contact": parseaddr(settings.DEFAULT_FROM_EMAIL)[1],
        }


@transaction.atomic
def notify_password_changed(user_id: int, at: datetime) -> None:
    for user in User.objects.filter(pk=user_id):
        Notice.objects.owe(user, PasswordChangedNotice, at.isoformat())
