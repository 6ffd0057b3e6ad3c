"""A signed call to any server: Standard Webhooks 1.0.0 (standardwebhooks.com)."""

import hmac
import json
import secrets
from base64 import b64decode, b64encode
from dataclasses import replace
from datetime import datetime
from hashlib import sha256

from django import forms
from django.utils.translation import gettext, gettext_lazy

from app.blog.truncation import cut
from app.outbound import http
from app.outbound.errors import NoReply
from app.social.networks.base import SECRET, CannotConnect, Draft, Login, Network, NetworkForm, Posted
from app.social.networks.endpoints import check_address, check_host
from app.social.networks.outcomes import InDoubt, judge
from owed import GiveUp, clock

PREFIX = "whsec_"
SECONDS = 15.0
TITLE, EXCERPT = 300, 2_000  # characters, so that a body stays below the 20 kB of the standard
ANSWER = 10_000


class WebhookForm(NetworkForm):
    endpoint = forms.CharField(
        label=gettext_lazy("Endpoint"),
        max_length=500,
        help_text=gettext_lazy("The address that posts are sent to."),
        widget=forms.URLInput,
    )
    secret = forms.CharField(
        label=gettext_lazy("Secret"),
        max_length=500,
        required=False,
        help_text=gettext_lazy("Leave it empty to have one made."),
        widget=SECRET,
    )


class Webhook(Network):
    """Call a server at each event. The receiver recognises a webhook-id that it has seen: the post's key and its change."""

    name = "webhook"
    label = gettext_lazy("Webhook")
    form = WebhookForm
    same_by = ("endpoint", "owner")
    repeatable = True
    has_text = False

    @classmethod
    def connect(cls, typed: Login) -> Login:
        check_address(typed.endpoint)
        check_host(typed.endpoint)
        secret = typed.secret.strip() or new_secret()
        if not is_secret(secret):
            raise CannotConnect(gettext("The secret must be whsec_ and base64. Leave it empty to have one made."))
        return replace(typed, secret=secret)

    def post(self, draft: Draft) -> Posted:
        self._call("post.published", f"{draft.key}.{_digest(draft)}", draft, draft.published_at)
        return Posted(remote_id=draft.key)

    def edit(self, draft: Draft, remote_id: str) -> Posted:
        change = f"{draft.revision}.{_digest(draft, draft.updated_at.isoformat())}"
        self._call("post.revised", f"{draft.key}.revised.{change}", draft, draft.updated_at)
        return Posted(remote_id=remote_id)

    def delete(self, draft: Draft, remote_id: str) -> None:
        change = f"{draft.revision}.{_digest(draft, draft.updated_at.isoformat())}"
        self._call("post.withdrawn", f"{draft.key}.withdrawn.{change}", draft, clock.now())

    def find(self, draft: Draft) -> Posted | None:
        return None

    def _call(self, event: str, message_id: str, draft: Draft, happened_at: datetime) -> None:
        send(self.login, message_id, payload(event, draft, happened_at))


def send(login: Login, message_id: str, body: bytes) -> None:
    """Make one signed call. Raises the errors of judge(), Unreachable, and InDoubt where no answer came."""
    headers = {"Content-Type": "application/json", **signed(login.secret, message_id, body, clock.now())}
    try:
        judge(http.request("POST", login.endpoint, headers=headers, content=body, seconds=SECONDS, max_bytes=ANSWER))
    except NoReply as error:
        raise InDoubt(str(error)) from None


def payload(event: str, draft: Draft, happened_at: datetime) -> bytes:
    """Return the body of an event."""
    data = {"id": draft.post_id, **_content(draft), "published_at": draft.published_at.isoformat()}
    return json.dumps({"type": event, "timestamp": happened_at.isoformat(), "data": data}, ensure_ascii=False).encode()


def _content(draft: Draft) -> dict[str, str]:
    return {
        "url": draft.url,
        "title": cut(draft.title, TITLE),
        "excerpt": cut(draft.excerpt, EXCERPT),
        "author": draft.author,
    }


def _digest(draft: Draft, *facts: str) -> str:
    """Return what makes an id another where the text is: a receiver drops an id that it has seen.

    Revisions are counted again from where they were after a restore, so that a number alone would come twice.
    """
    return sha256(json.dumps([_content(draft), *facts]).encode()).hexdigest()[:16]


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
