"""The provider: what the operator set (OIDC_*), and what its discovery document says. Called outside transactions."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.cache import cache

from app.openid.errors import SignInFailed
from app.outbound import breaker, http
from app.outbound.errors import OutboundFailed
from owed import Later

SECONDS = 5.0
FRESH = 300
"""Seconds for which the discovery document and the keys are not fetched again."""
ALWAYS = "always"
"""In OIDC_SECOND_FACTOR: each sign-in at the provider counts as two factors."""


@dataclass(frozen=True, kw_only=True)
class Provider:
    issuer: str
    client_id: str
    client_secret: str
    name: str

    def discover(self) -> Endpoints:
        """Return where the provider's endpoints are; it is asked once in some minutes. Raises SignInFailed."""
        key = cache_key("endpoints", self.issuer)
        if kept := cache.get(key):
            return Endpoints(**kept)
        endpoints = self._endpoints(fetch_json(f"{self.issuer.rstrip('/')}/.well-known/openid-configuration"))
        cache.set(key, asdict(endpoints), FRESH)
        return endpoints

    def _endpoints(self, said: dict[str, Any]) -> Endpoints:
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
        if not isinstance(url, str) or not _has_scheme(url, {"https", urlsplit(self.issuer).scheme}):
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
    """Send one request, and none for a while to a host that did not answer. Raises SignInFailed."""
    sent = {"Accept": "application/json", **(headers or {})}
    try:
        # A rest of its own: what others send to the same host, such as a member's webhook, must not close the sign-in.
        with breaker.asking(f"openid {urlsplit(url).hostname}", OutboundFailed):
            return http.request(method, url, headers=sent, content=content, seconds=SECONDS)
    except (OutboundFailed, Later):
        raise SignInFailed("unreachable") from None


def read_json(reply: http.Reply) -> dict[str, Any]:
    try:
        said = json.loads(reply.body) if reply.complete else None
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict):
        raise SignInFailed("provider")
    return said


def cache_key(what: str, url: str) -> str:
    return f"openid:{what}:{sha256(url.encode()).hexdigest()[:32]}"


def _has_scheme(url: str, schemes: set[str]) -> bool:
    """Return whether it is a URL with a host and one of these schemes."""
    try:
        return url.isascii() and urlsplit(url).scheme in schemes and bool(urlsplit(url).hostname)
    except ValueError:
        return False
