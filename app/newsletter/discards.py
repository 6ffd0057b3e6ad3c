"""A person discards or cancels what sends mail: its rows are closed with the reason, so that none stays pending.

Of a mailing the copies are closed, so that it still balances.
"""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from app.mail.submission import OPEN, Submission, SubmissionState
from app.newsletter import effects
from app.newsletter.models import Confirmation, Delivery, Digest, Greeting, SampleMail, Send
from owed import Declaration
from owed.models import Effect
from owed.signals import effects_discarded

SINGLE: tuple[tuple[Declaration[Any], str, type[Submission]], ...] = (
    (effects.confirm, "confirmation_id", Confirmation),
    (effects.greet, "greeting_id", Greeting),
    (effects.sample, "sample_id", SampleMail),
)
"""Effects that send one mail each, with the argument that names its row."""


def connect() -> None:
    effects_discarded.connect(close_copies, dispatch_uid="newsletter.close_copies")
    effects_discarded.connect(close_single_mails, dispatch_uid="newsletter.close_single_mails")


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


def close_single_mails(sender: object, ids: list[int], outcome: str, reason: str, **kwargs: Any) -> None:
    """Close the rows of single mails. Called in the transaction that ends the effects."""
    for effect, argument, model in SINGLE:
        ended = Effect.objects.filter(pk__in=ids, task__in=effect.names)
        rows = {each.args[argument] for each in ended}
        for row in model._default_manager.filter(pk__in=rows, state__in=OPEN).order_by("pk"):
            row.give_up(f"{outcome}: {reason}")
    ended = Effect.objects.filter(pk__in=ids, task__in=effects.digests.names)
    digests = {pk for each in ended for pk in each.args["digest_ids"]}
    for digest in Digest.objects.filter(pk__in=digests, state__in=OPEN).order_by("pk"):
        digest.give_up(f"{outcome}: {reason}")


def _close(deliveries: set[int], why: str) -> None:
    mine = Delivery.objects.filter(pk__in=deliveries)
    mine.filter(state=SubmissionState.PENDING).update(state=SubmissionState.SKIPPED, error=why, finished_at=timezone.now())
    for delivery in mine.filter(state=SubmissionState.SUBMITTING).order_by("pk"):
        delivery.doubt()
