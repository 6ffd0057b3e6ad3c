"""A person discards an effect that mails an invitation: its row is closed with the reason, so that it does not stay pending."""

from __future__ import annotations

from typing import Any

from app.mail.submission import OPEN
from app.team import effects
from app.team.models import Invitation
from owed.models import Effect
from owed.signals import effects_discarded


def connect() -> None:
    effects_discarded.connect(close_invitations, dispatch_uid="team.close_invitations")


def close_invitations(sender: object, ids: list[int], outcome: str, reason: str, **kwargs: Any) -> None:
    """Close what no effect will send any more. Called in the transaction that ends the effects."""
    ended = Effect.objects.filter(pk__in=ids, task__in=effects.invite.names)
    mine = {each.args["invitation_id"] for each in ended}
    for invitation in Invitation.objects.filter(pk__in=mine, state__in=OPEN).order_by("pk"):
        invitation.give_up(f"{outcome}: {reason}")
