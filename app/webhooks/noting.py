"""Take down what happens, in the transaction of the change: one row and one effect, however many endpoints chose it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from app.social.models import Account
from app.social.networks.webhook import Webhook
from app.webhooks import effects
from app.webhooks.events import EVENTS
from app.webhooks.events.base import MOST, Event
from app.webhooks.models import Happening
from owed import gather, owe


def connect() -> None:
    for event in EVENTS.values():
        event.signal.connect(_receiver(event), weak=False, dispatch_uid=f"webhooks.{event.name}")


def _receiver(event: Event) -> Callable[..., None]:
    def receive(sender: object, signal: object, **said: Any) -> None:
        note(event, **said)

    return receive


def note(event: Event, **said: Any) -> None:
    """Owe the calls of what a signal said; nothing where no endpoint chose the event. Raises NotInTransaction."""
    chosen = Account.objects.active().filter(network=Webhook.name, events__contains=[event.name])
    accounts = sorted(chosen.values_list("pk", flat=True))
    news = event.read(said) if accounts else None
    if news is None or not news.subjects:
        return
    parts = [list(news.subjects[start : start + MOST]) for start in range(0, len(news.subjects), MOST)]
    rows = Happening.objects.bulk_create(
        Happening(event=event.name, subjects=part, facts=news.facts, accounts=accounts) for part in parts
    )
    with gather():
        for row in rows:
            owe(effects.spread.si(happening_id=row.pk), about=f"event:{row.pk}")
