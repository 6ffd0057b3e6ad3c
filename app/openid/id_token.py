"""The ID token: signed by a key of the issuer, for us, for this sign-in, and of now (OpenID Connect Core 3.1.3.7)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet, RSAKey

from app.openid import keys
from app.openid.errors import SignInFailed
from app.openid.models import LONGEST
from app.openid.pending import Pending
from app.openid.provider import Provider

# Those with a public key alone: neither `none`, nor HS256, whose key a public one could be passed off as.
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"]
ODD = (JoseError, LookupError, ValueError, TypeError, AttributeError, OverflowError, RecursionError)
"""What the libraries raise for answers of another form than they expect."""
CLOCKS_DIFFER = 60
"""Seconds."""


def read(provider: Provider, pending: Pending, tokens: dict[str, Any], keys_url: str, *, now: datetime) -> dict[str, Any]:
    """Return what the ID token claims. Raises SignInFailed."""
    try:
        token = _decode(str(tokens["id_token"]), keys_url)
        claims = CodeIDToken(token.claims, token.header, _asked(provider), _sent(provider, pending, tokens))
        claims.validate(now=int(now.timestamp()), leeway=CLOCKS_DIFFER)
    except ODD:
        raise SignInFailed("id token") from None
    _check(claims, pending)
    return dict(claims)


def was_asked(claims: dict[str, Any], pending: Pending) -> bool:
    """Return whether the provider says that it asked the person after they left for it."""
    auth_time = claims.get("auth_time")
    return isinstance(auth_time, int | float) and auth_time >= pending.began - CLOCKS_DIFFER


def _decode(token: str, keys_url: str) -> jwt.Token:
    """Return the token if a key of the provider signed it, also one that came after the others were fetched."""
    try:
        return jwt.decode(token, _public(keys.current(keys_url)), algorithms=ALGORITHMS)
    except (JoseError, ValueError):
        newer = keys.newer(keys_url)
        if newer is None:
            raise
        return jwt.decode(token, _public(newer), algorithms=ALGORITHMS)


def _public(published: dict[str, Any]) -> KeySet:
    """Return the keys that sign. A provider may publish others, of kinds that no one here knows."""
    return KeySet([key for each in published["keys"] if (key := _imported(each)) is not None])


def _imported(key: Any) -> RSAKey | ECKey | None:
    try:
        if key.get("use", "sig") != "sig":
            return None
        return RSAKey.import_key(key) if key["kty"] == "RSA" else ECKey.import_key(key)
    except ODD:
        return None


def _asked(provider: Provider) -> dict[str, Any]:
    return {"iss": {"essential": True, "value": provider.issuer}, "aud": {"essential": True, "value": provider.client_id}}


def _sent(provider: Provider, pending: Pending, tokens: dict[str, Any]) -> dict[str, Any]:
    return {"nonce": pending.nonce, "client_id": provider.client_id, "access_token": tokens.get("access_token")}


def _check(claims: dict[str, Any], pending: Pending) -> None:
    """Raise SignInFailed for what the library does not look at."""
    subject = claims["sub"]
    if not isinstance(subject, str) or not 0 < len(subject) <= LONGEST or "\0" in subject:
        raise SignInFailed("subject")
    if pending.is_confirmation and not was_asked(claims, pending):
        raise SignInFailed("not asked again")
