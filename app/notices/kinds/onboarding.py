"""First steps: a few mails over days, which stop when the goal is reached or the person says so."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy

from app.accounts.models import RegisteredVia, User
from app.blog.models import Post
from app.mail.submission import SubmissionState
from app.notices import effects
from app.notices.kinds.base import Kind, register
from app.notices.models import Notice
from app.notices.preferences import Preference
from owed import Later, owe

AFTER = {"profile": timedelta(days=1), "first-post": timedelta(days=3)}
STEPS = tuple(AFTER)
SUBJECTS = {"profile": gettext_lazy("Tell readers who you are"), "first-post": gettext_lazy("Your first post")}


class FirstSteps(Preference):
    @transaction.atomic
    def turn_off(self, user_id: int) -> None:
        """Close every step, sent or not: a row that is there keeps its step from ever being owed."""
        if not User.objects.filter(pk=user_id).exists():
            return
        steps = [
            Notice(recipient_id=user_id, kind=OnboardingNotice.name, subject_key=step, state=SubmissionState.SUPPRESSED)
            for step in STEPS
        ]
        Notice.objects.bulk_create(steps, ignore_conflicts=True)
        waiting = Notice.objects.filter(recipient=user_id, kind=OnboardingNotice.name, state=SubmissionState.PENDING)
        waiting.update(state=SubmissionState.SUPPRESSED, error="opted out")


FIRST_STEPS = FirstSteps("onboarding", gettext_lazy("first steps on the site"))


@register
class OnboardingNotice(Kind):
    name = "onboarding"
    template = "notices/mail/onboarding"
    preference = FIRST_STEPS
    once_for_good = True

    def subject(self, notice: Notice, number: int) -> str:
        return str(SUBJECTS.get(notice.subject_key, ""))


def is_stopped(user: User) -> bool:
    """Return whether the person turned the first steps off."""
    return Notice.objects.filter(recipient=user, kind=OnboardingNotice.name, state=SubmissionState.SUPPRESSED).exists()


@transaction.atomic
def start_onboarding_sequence(user: User | int) -> None:
    """Owe the first step to a user who signed up on the site and confirmed the address. Each step is mailed once."""
    pk = user if isinstance(user, int) else user.pk
    if User.objects.filter(pk=pk, registered_via=RegisteredVia.SITE, email_confirmed_at__isnull=False).exists():
        _owe(pk, STEPS[0])


@transaction.atomic
def onboard(user_id: int, step: str, *, now: datetime) -> None:
    """Owe the mail of one step when its day has come, and the next step. Raises Later until then."""
    newcomers = User.objects.select_related("profile").filter(is_active=True, registered_via=RegisteredVia.SITE)
    user = newcomers.filter(pk=user_id).first()
    if user is None or user.email_confirmed_at is None:
        return
    due = user.email_confirmed_at + AFTER[step]
    if now < due:
        raise Later(due, "its day has not come", planned=True)
    if not _is_reached(user, step):
        Notice.objects.owe(user, OnboardingNotice, step)
    following = STEPS[STEPS.index(step) + 1 :]
    if following:
        _owe(user_id, following[0])


def _is_reached(user: User, step: str) -> bool:
    """Return whether the step has nothing to say: it is done, or not for this person."""
    if step == "profile":
        return bool(user.profile.display_name or user.profile.bio)
    return not user.can_write() or Post.objects.filter(author=user).exists()


def _owe(user_id: int, step: str) -> None:
    owe(effects.onboarding.si(user_id=user_id, step=step), about=f"user:{user_id}")
