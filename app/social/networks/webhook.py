"""A signed call to somebody's server: Standard Webhooks 1.0.0 (standardwebhooks.com)."""

import hmac
import json
import secrets
from base64 import b64decode, b64encode
from datetime import UTC, datetime
from hashlib import sha256

from app.outbound import http
from app.outbound.errors import NoReply
from app.social.networks.base import Draft, Network, Posted
from app.social.networks.outcomes import InDoubt, judge
from owed import GiveUp

PREFIX = "whsec_"
SECONDS = 15.0
TITLE, EXCERPT = 300, 2_000  # characters, so that a body stays below the 20 kB of the standard
ANSWER = 10_000


class Webhook(Network):
    """Tells a server of each event. The receiver knows a webhook-id it has seen: the key of the post."""

    name = "webhook"
    repeatable = True

    def post(self, draft: Draft) -> Posted:
        self._tell("post.published", draft.key, draft, draft.published_at)
        return Posted(remote_id=draft.key)

    def edit(self, draft: Draft, remote_id: str) -> Posted:
        self._tell("post.revised", f"{draft.key}.revised.{draft.revision}", draft, draft.updated_at)
        return Posted(remote_id=remote_id)

    def delete(self, draft: Draft, remote_id: str) -> None:
        self._tell("post.withdrawn", f"{draft.key}.withdrawn", draft, datetime.now(UTC))

    def find(self, draft: Draft) -> Posted | None:
        return None

    def _tell(self, event: str, message_id: str, draft: Draft, happened_at: datetime) -> None:
        body = payload(event, draft, happened_at)
        headers = {"Content-Type": "application/json", **signed(self.login.secret, message_id, body, datetime.now(UTC))}
        try:
            judge(http.request("POST", self.login.endpoint, headers=headers, content=body, seconds=SECONDS, max_bytes=ANSWER))
        except NoReply as error:
            raise InDoubt(str(error)) from None


def payload(event: str, draft: Draft, happened_at: datetime) -> bytes:
    """Return the body of an event."""
    data = {
        "id": draft.post_id,
        "url": draft.url,
        "title": draft.title[:TITLE],
        "excerpt": draft.excerpt[:EXCERPT],
        "author": draft.author,
        "published_at": draft.published_at.isoformat(),
    }
    return json.dumps({"type": event, "timestamp": happened_at.isoformat(), "data": data}, ensure_ascii=False).encode()


def signed(secret: str, message_id: str, body: bytes, now: datetime) -> dict[str, str]:
    """Return the three headers. Several secrets, separated by spaces, sign each: that is how one is rotated."""
    moment = str(int(now.timestamp()))
    content = b".".join((message_id.encode(), moment.encode(), body))
    digests = [hmac.digest(_key(each), content, sha256) for each in secret.split()]
    signatures = " ".join(f"v1,{b64encode(digest).decode()}" for digest in digests)
    return {"webhook-id": message_id, "webhook-timestamp": moment, "webhook-signature": signatures}


def new_secret() -> str:
    """Return a secret of 256 random bits, unique to one endpoint."""
    return PREFIX + b64encode(secrets.token_bytes(32)).decode()


def is_secret(text: str) -> bool:
    """Return whether a webhook can be signed with this."""
    try:
        return all(_key(each) for each in text.split())
    except GiveUp:
        return False


def _key(secret: str) -> bytes:
    try:
        return b64decode(secret.removeprefix(PREFIX), validate=True)
    except ValueError:  # not base64, or not even ASCII
        raise GiveUp("The account's secret is not a webhook secret.") from None
