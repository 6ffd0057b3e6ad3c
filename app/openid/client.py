"""The code flow with PKCE, by Authlib. Its requests go through the guarded client, which has a time limit for each."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from authlib.common.errors import AuthlibBaseError
from authlib.oauth2.client import OAuth2Client
from django.conf import settings
from django.urls import reverse

from app.openid.errors import SignInFailed
from app.openid.pending import Pending
from app.openid.provider import Endpoints, Provider, call, read_json

SCOPE = "openid email profile"


def leave_for(provider: Provider, endpoints: Endpoints, pending: Pending) -> str:
    """Return the address at the provider that asks the person to sign in. One who confirms is asked again, whatever is open."""
    # Two parameters, as providers heed one or the other: that they were asked, `auth_time` proves.
    again = {"prompt": "login", "max_age": "0"} if pending.is_confirmation else {}
    url, _state = _client(provider, endpoints).create_authorization_url(
        endpoints.authorization, state=pending.state, code_verifier=pending.verifier, nonce=pending.nonce, **again
    )
    return str(url)


def exchange(provider: Provider, endpoints: Endpoints, pending: Pending, code: str) -> dict[str, Any]:
    """Return the tokens that the code gets. Raises SignInFailed."""
    try:
        return dict(_client(provider, endpoints).fetch_token(endpoints.token, code=code, code_verifier=pending.verifier))
    except (AuthlibBaseError, ValueError, TypeError, AttributeError, OverflowError):
        raise SignInFailed("token endpoint") from None


class _Session:
    """What Authlib asks of an HTTP client: one POST."""

    def post(self, url: str, *, data: dict[str, str], headers: dict[str, str], auth: Any) -> _Answer:
        url, sent, body = auth.prepare("POST", url, dict(headers), urlencode(data))
        return _Answer(call("POST", url, headers=sent, content=body.encode()))


class _Answer:
    def __init__(self, reply: Any) -> None:
        self._reply = reply
        self.status_code = reply.status

    def json(self) -> dict[str, Any]:
        return read_json(self._reply)

    def raise_for_status(self) -> None:
        raise SignInFailed("token endpoint")


def _client(provider: Provider, endpoints: Endpoints) -> OAuth2Client:
    method = "client_secret_post" if endpoints.takes_secret_in_body else "client_secret_basic"
    return OAuth2Client(
        _Session(),
        client_id=provider.client_id,
        client_secret=provider.client_secret,
        token_endpoint_auth_method=method if provider.client_secret else "none",
        scope=SCOPE,
        redirect_uri=settings.SITE_URL + reverse("openid_callback"),
        code_challenge_method="S256",
    )
