"""Mailings: one was decided, is paused, or is over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy

from app.accounts.models import User
from app.newsletter.models import Send
from app.newsletter.signals import mailing_finished, mailing_paused, mailing_started
from app.webhooks.events.base import Event, News, post_data


class _OfMailing(Event):
    """For those who may see what followed from the post. Numbers are those of the moment of the call."""

    def read(self, said: Mapping[str, Any]) -> News:
        return News(subjects=[said["send"].pk], facts=self.facts(said["send"]))

    def facts(self, send: Send) -> dict[str, Any]:
        return {}

    def is_open_to(self, user: User) -> bool:
        return user.can_enter_studio()

    def concerns(self, user: User, subject: int) -> bool:
        send = Send.objects.select_related("post").filter(pk=subject).first()
        return send is not None and user.can_watch(send.post)

    def data(self, subjects: Sequence[int], facts: dict[str, Any]) -> dict[str, Any] | None:
        send = Send.objects.select_related("post").filter(pk=subjects[0]).first()
        if send is None:
            return None
        starts = {"starts_at": _iso(send.starts_at)}
        return {"id": send.pk, "round": send.round, "post": post_data(send.post), **starts, **facts, "emails": send.balance()}


class MailingStarted(_OfMailing):
    name = "mailing.started"
    label = gettext_lazy("A mailing begins")
    signal = mailing_started


class MailingFinished(_OfMailing):
    name = "mailing.finished"
    label = gettext_lazy("A mailing is over")
    signal = mailing_finished

    def facts(self, send: Send) -> dict[str, Any]:
        return {"outcome": send.state}


class MailingPaused(_OfMailing):
    name = "mailing.paused"
    label = gettext_lazy("A mailing is paused")
    signal = mailing_paused

    def facts(self, send: Send) -> dict[str, Any]:
        return {"paused_for": "refusals" if send.paused_for else "person", **send.paused_for}


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
