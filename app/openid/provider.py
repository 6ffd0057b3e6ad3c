"""The provider: what the operator set (OIDC_*), and what its discovery document says. Called outside transactions."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from app.openid.errors import SignInFailed
from app.outbound import http
from app.outbound.errors import OutboundFailed

SECONDS = 5.0
ALWAYS = "always"
"""In OIDC_SECOND_FACTOR: each sign-in at the provider counts as two factors."""


@dataclass(frozen=True, kw_only=True)
class Provider:
    issuer: str
    client_id: str
    client_secret: str
    name: str

    def discover(self) -> Endpoints:
        """Ask the provider where its endpoints are. Raises SignInFailed."""
        said = fetch_json(f"{self.issuer.rstrip('/')}/.well-known/openid-configuration")
        # A document that speaks for another issuer could have its tokens taken for ours (OpenID Connect Discovery 4.3).
        if said.get("issuer") != self.issuer:
            raise SignInFailed("issuer")
        methods = said.get("token_endpoint_auth_methods_supported")
        return Endpoints(
            authorization=self._endpoint(said, "authorization_endpoint"),
            token=self._endpoint(said, "token_endpoint"),
            keys=self._endpoint(said, "jwks_uri"),
            userinfo=self._endpoint(said, "userinfo_endpoint") if said.get("userinfo_endpoint") else "",
            names_itself=said.get("authorization_response_iss_parameter_supported") is True,
            takes_secret_in_body=isinstance(methods, list) and "client_secret_basic" not in methods,
        )

    def _endpoint(self, said: dict[str, Any], name: str) -> str:
        """Return an endpoint. An issuer by https has no endpoint without it."""
        url = said.get(name)
        schemes = {"https", urlsplit(self.issuer).scheme}
        if not isinstance(url, str) or urlsplit(url).scheme not in schemes or not urlsplit(url).hostname:
            raise SignInFailed("discovery")
        return url


@dataclass(frozen=True, kw_only=True)
class Endpoints:
    authorization: str
    token: str
    keys: str
    userinfo: str
    names_itself: bool
    """Whether each answer says which issuer sends it (RFC 9207)."""
    takes_secret_in_body: bool


def provider() -> Provider | None:
    """Return the provider; None where the operator set none."""
    if not settings.OIDC_ISSUER:
        return None
    return Provider(
        issuer=settings.OIDC_ISSUER,
        client_id=settings.OIDC_CLIENT_ID,
        client_secret=settings.OIDC_CLIENT_SECRET,
        name=settings.OIDC_NAME or str(urlsplit(settings.OIDC_ISSUER).hostname),
    )


def provider_name() -> str:
    """Return what the button says; "" where there is no provider."""
    found = provider()
    return found.name if found else ""


def fetch_json(url: str, *, method: str = "GET", headers: dict[str, str] | None = None, content: bytes = b"") -> dict[str, Any]:
    """Return the object that the provider answers with. Raises SignInFailed."""
    reply = call(method, url, headers=headers, content=content)
    if not reply.ok:
        raise SignInFailed("provider")
    return read_json(reply)


def call(method: str, url: str, *, headers: dict[str, str] | None = None, content: bytes = b"") -> http.Reply:
    try:
        sent = {"Accept": "application/json", **(headers or {})}
        return http.request(method, url, headers=sent, content=content, seconds=SECONDS)
    except OutboundFailed:
        raise SignInFailed("unreachable") from None


def read_json(reply: http.Reply) -> dict[str, Any]:
    try:
        said = json.loads(reply.body) if reply.complete else None
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict):
        raise SignInFailed("provider")
    return said
