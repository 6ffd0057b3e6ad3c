"""What a network's answers mean: later, give up, in doubt, or simply failed. The one place that says so."""

import json
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any

from app.outbound.http import Reply
from owed import GiveUp, Later, clock

THROTTLED = timedelta(minutes=1)
AT_LEAST = timedelta(seconds=5)
AT_MOST = timedelta(days=1)
ACCESS_REFUSED = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
RETRYABLE = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.CONFLICT, HTTPStatus.TOO_EARLY)
RESETS = ("x-ratelimit-reset", "ratelimit-reset")  # Mastodon writes an ISO 8601 date, AT Protocol seconds since 1970


class Declined(Exception):
    """The network refused, and another attempt with backoff may succeed."""


class Silent(Declined):
    """The network gave no answer to a question; nothing was asked to be done."""


class InDoubt(Exception):
    """The network may have acted although it did not say so."""


class Unknown(Exception):
    """It cannot be known whether the network acted: a person has to look."""


class Gone(GiveUp):
    """The server wants no more calls (410): the account is switched off."""


class Revoked(GiveUp):
    """The server does not accept the credentials any more: the account is switched off until it is connected again."""


class RejectedByNetwork(GiveUp):
    """The server will never accept this, however often it is sent."""


def judge(reply: Reply) -> Reply:
    """Return a webhook's 2xx answer. Raises Later, Gone, InDoubt, Declined.

    Standard Webhooks 1.0.0: only 2xx is success, redirects are failures, 410 ends the endpoint, 429 waits.
    """
    if reply.ok:
        return reply
    why = f"answered {_name(reply.status)}"
    if reply.status == HTTPStatus.GONE:
        raise Gone(why)
    now = clock.now()
    at = reply.retry_at(now)
    if reply.status == HTTPStatus.TOO_MANY_REQUESTS:
        raise Later(max(at or now + THROTTLED, now + AT_LEAST), why)
    if reply.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise Later(max(at, now + AT_LEAST), why) if at else InDoubt(why)
    raise Declined(why)


def understand(reply: Reply, *, acts: bool, needs: str = "") -> Any:
    """Return the JSON of an API's 2xx answer. `acts`: the call shows, changes or removes a post. `needs`: a name in it.

    Raises Later, Revoked, RejectedByNetwork, Declined, and InDoubt for a call that acts.
    """
    if reply.ok:
        return _json(reply, acts, needs)
    why = f"answered {_name(reply.status)}{_reason(reply)}"
    if reply.status == HTTPStatus.TOO_MANY_REQUESTS:
        raise Later(_reset(reply, clock.now()), why)
    if reply.status in ACCESS_REFUSED:
        raise Revoked(f"The access was refused ({why}). Connect the account again.")
    if reply.status >= HTTPStatus.INTERNAL_SERVER_ERROR or reply.status == HTTPStatus.REQUEST_TIMEOUT:
        raise InDoubt(why) if acts else Declined(why)
    if reply.status >= HTTPStatus.BAD_REQUEST and reply.status not in RETRYABLE:
        raise RejectedByNetwork(why)
    raise Declined(why)


def error_of(reply: Reply) -> dict[str, Any]:
    """Return what an API says of its refusal, empty where it says nothing readable."""
    try:
        said = json.loads(reply.body)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _json(reply: Reply, acts: bool, needs: str) -> Any:
    try:
        said = json.loads(reply.body or b"{}")
    except ValueError:
        said = None
    if said is None or (needs and not (isinstance(said, dict) and said.get(needs))):
        why = "the answer broke off or is not what this API says"
        raise InDoubt(why) if acts else Declined(why)
    return said


def _reason(reply: Reply) -> str:
    said = error_of(reply)
    words = said.get("message") or said.get("error")
    return f": {words[:120]}" if isinstance(words, str) and words else ""


def _reset(reply: Reply, now: datetime) -> datetime:
    """Return when the vendor takes calls again: between 5 seconds and a day from now."""
    named = [moment for name in RESETS if (moment := _moment(reply.headers.get(name, "")))]
    at = reply.retry_at(now) or next(iter(named), now + THROTTLED)
    return min(max(at, now + AT_LEAST), now + AT_MOST)


def _moment(text: str) -> datetime | None:
    try:
        if text.isascii() and text.isdecimal():
            return datetime.fromtimestamp(int(text[:12]), UTC)
        moment = datetime.fromisoformat(text)
    except (ValueError, OverflowError, OSError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _name(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)
