"""All that is kept of one reader: who they are, the proof that they agreed, and every mail that was owed to them."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, QuerySet

from app.newsletter.models import Bounce, Confirmation, Delivery, Digest, Greeting, Subscriber

KEPT = (
    "email", "name", "state", "tags", "source", "created_at", "consented_at", "consent_text", "consent_ip_digest",
    "confirmed_at", "unsubscribed_at", "wants", "paused_until", "frequency", "time_zone",
)  # fmt: skip
OUTCOME = ("state", "error", "attempts", "submitted_at", "finished_at", "message_id")


def facts_of(subscriber: Subscriber) -> dict[str, Any]:
    """Return everything as JSON can hold it, also for the reader themselves (GDPR, articles 15 and 20)."""
    return {
        **{name: getattr(subscriber, name) for name in KEPT},
        "mails": [_delivery(each) for each in deliveries_of(subscriber)],
        "digests": [_digest(each) for each in digests_of(subscriber)],
        "welcome": [{"owed_at": each.created_at, **_outcome(each)} for each in Greeting.objects.filter(subscriber=subscriber)],
        "reports": [_report(each) for each in bounces_of(subscriber)],
        "questions": [{"asked_at": each.created_at, **_outcome(each)} for each in subscriber.confirmations.order_by("-pk")],
    }


def deliveries_of(subscriber: Subscriber) -> Any:
    """Return the copies of posts that were owed to this reader, newest first."""
    owed = Delivery.objects.filter(subscriber=subscriber).select_related("post", "send")
    return owed.only(*OUTCOME, "post__title", "post__slug", "send__round", "subscriber").order_by("-pk")


def digests_of(subscriber: Subscriber) -> QuerySet[Digest]:
    """Return the digests that were owed to this reader, newest first, with the number of their posts."""
    return subscriber.digests.annotate(posts_number=Count("deliveries")).order_by("-pk")


def bounces_of(subscriber: Subscriber) -> QuerySet[Bounce]:
    """Return what mail servers and the reader reported of emails that had left, newest first."""
    return subscriber.bounces.select_related("send__post").order_by("-reported_at", "-pk")


def _report(bounce: Bounce) -> dict[str, Any]:
    return {name: getattr(bounce, name) for name in ("kind", "status", "reported_at", "lifted_at", "message_id")}


def _delivery(delivery: Delivery) -> dict[str, Any]:
    post = {"id": delivery.post_id, "title": delivery.post.title}
    return {"post": post, "round": delivery.send.round, **_outcome(delivery)}


def _digest(digest: Digest) -> dict[str, Any]:
    posts = list(digest.deliveries.order_by("pk").values_list("post", flat=True))
    return {"id": digest.pk, "period": digest.period, "frequency": digest.frequency, "posts": posts, **_outcome(digest)}


def _outcome(row: Delivery | Digest | Confirmation | Greeting) -> dict[str, Any]:
    return {name: getattr(row, name) for name in OUTCOME}
