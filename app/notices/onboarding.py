"""First steps: a few mails over days, which stop when the goal is reached or the person says so."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from app.accounts.models import RegisteredVia, User
from app.blog.models import Post
from app.notices import effects
from app.notices.choices import STEPS
from app.notices.models import Kind, Notice
from owed import Later, owe

AFTER = {"profile": timedelta(days=1), "first-post": timedelta(days=3)}


@transaction.atomic
def start_onboarding(user_id: int) -> None:
    """Owe the first step to somebody who joined on the site and confirmed the address. Each is told once for ever."""
    if User.objects.filter(pk=user_id, registered_via=RegisteredVia.SITE, email_confirmed_at__isnull=False).exists():
        _owe(user_id, STEPS[0])


@transaction.atomic
def onboard(user_id: int, step: str, *, now: datetime) -> None:
    """Tell one step when its day has come, and owe the next. Raises Later until then."""
    newcomers = User.objects.select_related("profile").filter(is_active=True, registered_via=RegisteredVia.SITE)
    user = newcomers.filter(pk=user_id).first()
    if user is None or user.email_confirmed_at is None:
        return
    due = user.email_confirmed_at + AFTER[step]
    if now < due:
        raise Later(due, "its day has not come", planned=True)
    if not _reached(user, step):
        Notice.objects.owe(user, Kind.ONBOARDING, step)
    following = STEPS[STEPS.index(step) + 1 :]
    if following:
        _owe(user_id, following[0])


def _reached(user: User, step: str) -> bool:
    """True where the step has nothing to tell: it is done, or not for this person."""
    if step == "profile":
        return bool(user.profile.display_name or user.profile.bio)
    return not user.can_write() or Post.objects.filter(author=user).exists()


def _owe(user_id: int, step: str) -> None:
    owe(effects.onboarding.si(user_id=user_id, step=step), about=f"user:{user_id}")
