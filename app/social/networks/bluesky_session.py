"""A session on a Bluesky server, stored encrypted with the account: the server limits how often one signs in."""

import json
from typing import Any

from app.outbound.http import Reply
from app.social.models import Account
from app.social.networks.api_client import ApiClient
from app.social.networks.base import Login
from app.social.networks.outcomes import Declined, RejectedByNetwork, Revoked, error_of, understand

CREATE = "/xrpc/com.atproto.server.createSession"
REFRESH = "/xrpc/com.atproto.server.refreshSession"
STALE = ("ExpiredToken", "InvalidToken")


class Session:
    """Tokens that are refreshed when they have run out, and replaced by a new sign-in when that fails."""

    def __init__(self, client: ApiClient, login: Login) -> None:
        self._client, self._login = client, login
        self._tokens: dict[str, str] = json.loads(Account.session_of(login.account_id) or "{}")

    @property
    def did(self) -> str:
        """The account's permanent name."""
        if "did" not in self._tokens:
            self.sign_in()
        return self._tokens["did"]

    def sign_in(self) -> str:
        """Sign in with the app password; return the handle. Raises Revoked where it is not accepted."""
        password = {"identifier": self._login.handle, "password": self._login.secret}
        try:
            said = understand(self._client.call("POST", CREATE, body=password), acts=False)
        except RejectedByNetwork as error:
            raise Revoked(f"Signing in failed ({error}). Connect the account again.") from None
        return self._keep(said)

    def call(self, method: str, path: str, **what: Any) -> Reply:
        """Return the answer to a call with a token that is fresh."""
        self.did  # noqa: B018 - signs in where no session is stored
        reply = self._client.call(method, path, token=self._tokens["accessJwt"], **what)
        if not _is_stale(reply):
            return reply
        self._refresh()
        return self._client.call(method, path, token=self._tokens["accessJwt"], **what)

    def _refresh(self) -> None:
        reply = self._client.call("POST", REFRESH, token=self._tokens["refreshJwt"])
        if reply.status in (400, 401):
            self.sign_in()
        else:
            self._keep(understand(reply, acts=False))

    def _keep(self, said: dict[str, Any]) -> str:
        try:
            self._tokens = {name: str(said[name]) for name in ("did", "accessJwt", "refreshJwt")}
        except (KeyError, TypeError):
            raise Declined("the answer is not what this API says") from None
        Account.keep_session(self._login.account_id, json.dumps(self._tokens))
        return str(said.get("handle") or self._login.handle)


def _is_stale(reply: Reply) -> bool:
    return reply.status == 401 or (reply.status == 400 and error_of(reply).get("error") in STALE)
