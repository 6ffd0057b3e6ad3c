"""A greeting to a new member who confirmed the address."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from app.accounts.models import RegisteredVia, User
from app.notices.kinds.base import Kind, register
from app.notices.kinds.onboarding import FIRST_STEPS
from app.notices.models import Notice
from app.site.current import site


@register
class WelcomeNotice(Kind):
    name = "welcome"
    template = "notices/mail/welcome"
    preference = FIRST_STEPS
    once_for_good = True

    def subject(self, notice: Notice, number: int) -> str:
        return _("Welcome to %(site)s") % {"site": site().name}


@transaction.atomic
def send_welcome_email(user: User | int) -> None:
    """Greet a user who signed up on the site and confirmed the address. Accounts that others made are not greeted."""
    confirmed = User.objects.filter(registered_via=RegisteredVia.SITE, email_confirmed_at__isnull=False)
    member = confirmed.filter(pk=user if isinstance(user, int) else user.pk).first()
    if member:
        Notice.objects.owe(member, WelcomeNotice, "account")
