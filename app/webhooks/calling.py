"""Call one endpoint about one event, signed as calls about posts are."""

from __future__ import annotations

import json
from typing import Any

from django.utils.translation import gettext as _

from app.outbound import breaker
from app.outbound.errors import OutboundFailed
from app.social.models import Account
from app.social.networks import network_of
from app.social.networks.outcomes import Declined, Gone, InDoubt
from app.social.networks.webhook import send
from app.webhooks import effects
from app.webhooks.events import EVENTS, TEST
from app.webhooks.models import Call, CallState
from app.webhooks.spreading import may_know
from owed import GiveUp, Later
from owed.models import Effect, State
from owed.retry import put_off
from owed.scrubbing import describe, scrub

WHY = "the other side does not answer, and is left alone for a while"
LIMIT = 20_000


def call(call_id: int) -> None:
    """Make the call. Raises Later, GiveUp, or what failed. Call it outside a transaction.

    Doing it twice does nothing more; where an answer was lost, the call's id tells the receiver that it is the same.
    """
    found = Call.objects.select_related("account__owner").filter(pk=call_id).first()
    # One that was skipped comes here again only where a person retries its effect.
    if found is None or found.state == CallState.SENT:
        return
    if why := _unwanted(found):
        found.settle(CallState.SKIPPED, why, tried=False)
        return
    data = _data(found)
    if data is None:
        found.settle(CallState.SKIPPED, _("What the event is about no longer exists."), tried=False)
        return
    _heed_rest(found.account)
    _try(found, body_of(found, data))


def _data(found: Call) -> dict[str, Any] | None:
    return {"webhook": found.account_id} if found.event == TEST else EVENTS[found.event].data(found.subjects, found.facts)


def body_of(found: Call, data: dict[str, Any]) -> bytes:
    event = {"type": found.event, "timestamp": found.at.isoformat(), "data": data}
    return json.dumps(event, ensure_ascii=False).encode()


def _unwanted(found: Call) -> str:
    """Return why the endpoint is not to be called any more, or nothing."""
    account = found.account
    if not account.active:
        return _("The account is off.")
    if found.event == TEST:
        return ""
    if found.event not in EVENTS or found.event not in account.events:
        return _("The endpoint no longer wants this event.")
    event = EVENTS[found.event]
    if not all(may_know(account.owner, event, pk) for pk in found.subjects[:1]):
        return _("The endpoint's owner is not allowed to see this.")
    return ""


def _heed_rest(account: Account) -> None:
    """Go on where the host may be asked. Raises Later while it rests; one in a while lets the other calls wait as well."""
    resting = breaker.rest(account.host)
    if resting is None:
        return
    if breaker.puts_off_others(f"{account.host} calls"):
        ready = Effect.objects.of(effects.call).pending().filter(state=State.READY, key=str(account.pk))
        ids = list(ready.values_list("pk", flat=True)[:LIMIT])
        put_off(ids, breaker.wait(account.host, len(ids)), WHY)
    raise Later(resting, WHY)


def _try(found: Call, body: bytes) -> None:
    """Make the attempt, and commit how it ended before the error rises."""
    host = found.account.host
    try:
        send(network_of(found.account).login, found.message_id, body)
    except Exception as error:
        (breaker.failed if isinstance(error, OutboundFailed | InDoubt) else breaker.answered)(host)
        if isinstance(error, Gone):
            found.account.disable(f"The other side {error}.")
        found.settle(CallState.FAILED, _brief(error))
        raise
    breaker.answered(host)
    found.settle(CallState.SENT)


def _brief(error: Exception) -> str:
    ours = isinstance(error, Later | GiveUp | InDoubt | Declined | OutboundFailed)
    return scrub(str(error)) if ours else describe(error)
