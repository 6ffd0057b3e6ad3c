"""A person discards or cancels what mails a post: its copies are closed with the reason, so that the mailing still balances."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from app.mail.submission import SubmissionState
from app.newsletter import effects
from app.newsletter.models import Delivery, Send
from owed.models import Effect
from owed.signals import effects_discarded


def connect() -> None:
    effects_discarded.connect(close_copies, dispatch_uid="newsletter.close_copies")


def close_copies(sender: object, ids: list[int], outcome: str, reason: str, **kwargs: Any) -> None:
    """Close what no effect will send any more. Called in the transaction that ends the effects."""
    ended = list(Effect.objects.filter(pk__in=ids, task__in=[*effects.deliver.names, *effects.page.names]))
    deliveries = {pk for each in ended for pk in each.args.get("delivery_ids", ())}
    pages = {each.args["send_id"] for each in ended if "send_id" in each.args}
    _close(deliveries, f"{outcome}: {reason}"[:200])
    # Nothing writes the next readers any more: those who were written down are all that the mailing has.
    Send.objects.filter(pk__in=pages, state=Send.State.EXPANDING).update(state=Send.State.SENDING)
    for send in Send.objects.filter(pk__in=pages).union(Send.objects.filter(deliveries__in=deliveries)).order_by("pk"):
        send.finish()


def _close(deliveries: set[int], why: str) -> None:
    mine = Delivery.objects.filter(pk__in=deliveries)
    mine.filter(state=SubmissionState.PENDING).update(state=SubmissionState.SKIPPED, error=why, finished_at=timezone.now())
    for delivery in mine.filter(state=SubmissionState.SUBMITTING).order_by("pk"):
        delivery.doubt()
