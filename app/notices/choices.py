"""What a person can stop hearing of, by a link in every mail, without signing in."""

from __future__ import annotations

from dataclasses import dataclass

from django.core import signing
from django.db import transaction
from django.urls import reverse

from app.accounts.models import Profile, User
from app.mail.submission import State
from app.notices.models import Kind, Notice, Watch

SALT = "notices.choice"
LABELS = {
    "comments": "comments on your posts and answers to your comments",
    "likes": "likes of your posts",
    "drafts": "new drafts of others",
    "onboarding": "first steps on the site",
}
OF_KIND = {  # what is missing cannot be stopped
    Kind.ADDRESS: "onboarding",
    Kind.WELCOME: "onboarding",
    Kind.ONBOARDING: "onboarding",
    Kind.COMMENT: "comments",
    Kind.REPLY: "comments",
    Kind.LIKE: "likes",
    Kind.REVIEW: "drafts",
    Kind.DRAFT: "drafts",
}
STEPS = ("profile", "first-post")


@dataclass(frozen=True)
class Choice:
    """One kind of mail for one person."""

    user_id: int
    name: str

    @classmethod
    def of(cls, notice: Notice) -> Choice | None:
        """Return what the person can stop with the notice. None where it answers what they did themselves."""
        name = OF_KIND.get(Kind(notice.kind))
        return cls(notice.recipient_id, name) if name else None

    @classmethod
    def read(cls, token: str) -> Choice:
        """Return what a link stands for. Raises django.core.signing.BadSignature."""
        user_id, name = signing.loads(token, salt=SALT)
        return cls(user_id, name)

    @property
    def label(self) -> str:
        return LABELS[self.name]

    def get_absolute_url(self) -> str:
        return reverse("notice_choice", args=[signing.dumps((self.user_id, self.name), salt=SALT)])

    def turn_off(self) -> None:
        """Stop this kind of mail, what is already queued included. Safe to do twice."""
        if self.name == "drafts":
            Watch.objects.filter(user_id=self.user_id).delete()
        elif self.name == "onboarding":
            stop_onboarding(self.user_id)
        else:
            Profile.objects.filter(user_id=self.user_id).update(**{f"notify_{self.name}": False})


@transaction.atomic
def stop_onboarding(user_id: int) -> None:
    """Close every step, sent or not: the row that is there for ever keeps the step from being owed."""
    if not User.objects.filter(pk=user_id).exists():
        return
    steps = [Notice(recipient_id=user_id, kind=Kind.ONBOARDING, subject_key=step, state=State.SUPPRESSED) for step in STEPS]
    Notice.objects.bulk_create(steps, ignore_conflicts=True)
    waiting = Notice.objects.filter(recipient=user_id, kind=Kind.ONBOARDING, state=State.PENDING)
    waiting.update(state=State.SUPPRESSED, error="opted out")
