"""What a session keeps while its person is at the provider. An answer counts once, in this session, for ten minutes."""

from __future__ import annotations

import secrets
from dataclasses import asdict, dataclass
from datetime import datetime

from django.http import HttpRequest
from django.utils.crypto import constant_time_compare

KEPT, VALID_SECONDS = "openid", 600
SIGN_IN, LINK, CONFIRM = "sign in", "link", "confirm"


@dataclass(frozen=True, kw_only=True)
class Pending:
    """`user` is whose session it was when it began: None of a guest. `next` is where the person was going."""

    purpose: str
    state: str
    nonce: str
    verifier: str
    user: int | None
    next: str
    began: float

    @property
    def is_confirmation(self) -> bool:
        return self.purpose == CONFIRM


def begin(request: HttpRequest, purpose: str, next_url: str, *, now: datetime) -> Pending:
    """Keep what the answer is compared with. An earlier one that is still open ends."""
    pending = Pending(
        purpose=purpose,
        state=secrets.token_urlsafe(32),
        nonce=secrets.token_urlsafe(32),
        verifier=secrets.token_urlsafe(48),
        user=request.user.pk,
        next=next_url,
        began=now.timestamp(),
    )
    request.session[KEPT] = asdict(pending)
    return pending


def take(request: HttpRequest, state: str, *, now: datetime) -> Pending | None:
    """Return what the answer belongs to, and forget it. None for an answer of another session, another person, or too late."""
    kept = request.session.get(KEPT)
    # A wrong state leaves it be: a link that someone else made must not end what is under way.
    if not kept or not state.isascii() or not constant_time_compare(kept["state"], state):
        return None
    pending = Pending(**request.session.pop(KEPT))
    is_timely = 0 <= now.timestamp() - pending.began <= VALID_SECONDS
    return pending if is_timely and pending.user == request.user.pk else None
