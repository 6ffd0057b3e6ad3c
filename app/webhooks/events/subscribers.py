"""Subscribers: who reads by mail from now on, and who does not any more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext_lazy

from app.accounts.models import User
from app.newsletter.models import Subscriber
from app.newsletter.signals import subscribers_confirmed, subscribers_left
from app.webhooks.events.base import Event, News


class _OfSubscribers(Event):
    """For those who may see addresses. No address is stored for a call: it is read when the endpoint is called."""

    gathers = True

    def is_open_to(self, user: User) -> bool:
        return user.can_manage_subscribers()

    def data(self, subjects: Sequence[int], facts: dict[str, Any]) -> dict[str, Any] | None:
        addresses = dict(Subscriber.objects.filter(pk__in=subjects).values_list("pk", "email"))
        return {**facts, "subscribers": [{"id": pk, "email": addresses.get(pk)} for pk in subjects]}


class SubscriberConfirmed(_OfSubscribers):
    name = "subscriber.confirmed"
    label = gettext_lazy("Someone subscribes and confirms")
    signal = subscribers_confirmed

    def read(self, said: Mapping[str, Any]) -> News:
        return News(subjects=said["subscriber_ids"])


class SubscriberUnsubscribed(_OfSubscribers):
    name = "subscriber.unsubscribed"
    label = gettext_lazy("Someone unsubscribes, bounces or is erased")
    signal = subscribers_left

    def read(self, said: Mapping[str, Any]) -> News:
        return News(subjects=said["subscriber_ids"], facts={"reason": said["reason"]})
