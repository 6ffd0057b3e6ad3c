"""An invitation to the team: a role for whoever holds the link that was mailed."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext_lazy

from app.accounts.models import Role, TeamRole, User
from app.log.actions import Action
from app.log.models import Entry
from app.mail.submission import OPEN, Submission
from app.team import effects
from app.team.errors import InvitationClosed, InvitedTooOften, OnTheTeam
from owed import owe
from owed.sql import hold

VALID_FOR = timedelta(days=7)
KEPT_FOR = timedelta(days=90)
DAY = timedelta(days=1)
A_DAY = 3


class Outcome(models.TextChoices):
    ACCEPTED = "accepted", gettext_lazy("Accepted")
    REVOKED = "revoked", gettext_lazy("Revoked")
    REPLACED = "replaced", gettext_lazy("Replaced by a newer one")


class Invitations(models.Manager["Invitation"]):
    @transaction.atomic
    def invite(self, email: str, role: str, *, by: User | None, now: datetime) -> Invitation:
        """Owe an invitation, in place of an open one to the same address. Raises OnTheTeam, InvitedTooOften.

        The answer is the same for an address without an account and for a reader's.
        """
        hold(f"invitation:{email.lower()}")
        if User.objects.team().alias(address=Lower("email")).filter(address=email.lower()).exists():
            raise OnTheTeam
        to_them = self.alias(address=Lower("email")).filter(address=email.lower())
        if to_them.filter(created_at__gt=now - DAY).count() >= A_DAY:
            raise InvitedTooOften
        to_them.filter(closed_at=None).update(closed_at=now, outcome=Outcome.REPLACED)
        invitation = self.create(email=email, role=role, invited_by=by, created_at=now, expires_at=now + VALID_FOR)
        owe(effects.invite.si(invitation_id=invitation.pk), about=invitation)
        Entry.objects.note(Action.TEAM_INVITED, invitation, role=role)
        return invitation

    def open(self) -> models.QuerySet[Invitation]:
        """Return those that can still be accepted, and those that expired and were not replaced, newest first."""
        return self.filter(closed_at=None).select_related("invited_by__profile").order_by("-pk")

    def find(self, pk: int, secret: str, *, now: datetime) -> Invitation | None:
        """Return the invitation that a link belongs to, while it is valid."""
        found = self.select_related("invited_by__profile").filter(pk=pk).first()
        return found if found and found.has_secret(secret) and found.is_valid(now) else None

    def forget(self, now: datetime) -> int:
        """Delete what was asked for so long ago: addresses are not kept without need. Return how many rows went."""
        return self.filter(created_at__lt=now - KEPT_FOR).exclude(state__in=OPEN).delete()[0]


class Invitation(Submission):
    """One invitation, and whether its mail went out. At most one is open for each address."""

    email = models.EmailField(max_length=254)
    role = models.CharField(max_length=13, choices=[choice for choice in TeamRole.choices if choice[0] != Role.READER])
    # None where a command invites. Who is erased takes the invitations along: their link must not outlast them.
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, related_name="invitations", editable=False
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False, db_index=True)
    expires_at = models.DateTimeField(editable=False)
    closed_at = models.DateTimeField(null=True, blank=True, editable=False)
    outcome = models.CharField(max_length=8, choices=Outcome.choices, blank=True, editable=False)
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", editable=False
    )

    objects: ClassVar[Invitations] = Invitations()

    class Meta(Submission.Meta):
        constraints: ClassVar = [
            *Submission.Meta.constraints,
            models.UniqueConstraint(Lower("email"), name="invitation_open_once", condition=Q(closed_at=None)),
        ]

    def __str__(self) -> str:
        return f"invitation {self.pk}"

    def get_absolute_url(self) -> str:
        """Return the page that accepts it. Its secret is computed, never stored."""
        return reverse("invitation", args=[self.pk, self.secret()])

    def is_valid(self, now: datetime) -> bool:
        """Return whether it can be accepted. Not after its sender lost the right to give this role."""
        by = self.invited_by
        return self.closed_at is None and self.expires_at > now and (by is None or by.can_grant(self.role))

    def secret(self) -> str:
        return self._secret(settings.SECRET_KEY)

    def has_secret(self, given: str) -> bool:
        """Return whether this is the secret part of the link, made with the current key or one that it replaced."""
        keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
        return any(constant_time_compare(self._secret(key), given) for key in keys)

    def _secret(self, key: str) -> str:
        facts = "\n".join((str(self.pk), self.email, self.role, self.message_id))
        return salted_hmac("team.invitation", facts, secret=key, algorithm="sha256").hexdigest()

    def resend(self, *, by: User | None, now: datetime) -> Invitation:
        """Owe another mail with another link; the earlier one ends. Raises InvitationClosed, InvitedTooOften."""
        if not Invitation.objects.filter(pk=self.pk, closed_at=None).exists():
            raise InvitationClosed
        return Invitation.objects.invite(self.email, self.role, by=by, now=now)

    @transaction.atomic
    def revoke(self, *, now: datetime) -> None:
        """Let its link work no more. Raises InvitationClosed."""
        self.close(Outcome.REVOKED, now)
        Entry.objects.note(Action.TEAM_REVOKED, self, role=self.role)

    def close(self, outcome: Outcome, now: datetime, *, accepted_by: User | None = None) -> None:
        """End it. Raises InvitationClosed where that happened before, or it has expired and is accepted."""
        mine = Invitation.objects.filter(pk=self.pk, closed_at=None)
        if outcome == Outcome.ACCEPTED:
            mine = mine.filter(expires_at__gt=now)
        if not mine.update(closed_at=now, outcome=outcome, accepted_by=accepted_by):
            raise InvitationClosed
        self.closed_at, self.outcome, self.accepted_by = now, outcome, accepted_by
