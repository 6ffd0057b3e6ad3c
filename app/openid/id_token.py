"""The ID token: signed by a key of the issuer, for us, for this sign-in, and of now (OpenID Connect Core 3.1.3.7)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from app.openid.errors import SignInFailed
from app.openid.models import LONGEST
from app.openid.pending import Pending
from app.openid.provider import Provider

# Those with a public key alone: neither `none`, nor HS256, whose key a public one could be passed off as.
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"]
CLOCKS_DIFFER = 60
"""Seconds."""


def read(
    provider: Provider, pending: Pending, tokens: dict[str, Any], keys: dict[str, Any], *, now: datetime
) -> dict[str, Any]:
    """Return what the ID token claims. Raises SignInFailed."""
    try:
        token = jwt.decode(str(tokens["id_token"]), _public(keys), algorithms=ALGORITHMS)
        claims = CodeIDToken(token.claims, token.header, _asked(provider), _sent(provider, pending, tokens))
        claims.validate(now=int(now.timestamp()), leeway=CLOCKS_DIFFER)
    except (JoseError, KeyError, ValueError, TypeError, RecursionError):
        raise SignInFailed("id token") from None
    _check(claims, pending)
    return dict(claims)


def _public(keys: dict[str, Any]) -> KeySet:
    """Return the keys that sign. A provider may publish others, of kinds that no one here knows."""
    signing = [key for key in keys.get("keys", ()) if key.get("kty") in {"RSA", "EC"} and key.get("use", "sig") == "sig"]
    return KeySet.import_key_set({"keys": signing})


def _asked(provider: Provider) -> dict[str, Any]:
    return {"iss": {"essential": True, "value": provider.issuer}, "aud": {"essential": True, "value": provider.client_id}}


def _sent(provider: Provider, pending: Pending, tokens: dict[str, Any]) -> dict[str, Any]:
    return {"nonce": pending.nonce, "client_id": provider.client_id, "access_token": tokens.get("access_token")}


def _check(claims: dict[str, Any], pending: Pending) -> None:
    """Raise SignInFailed for what the library does not look at."""
    subject = claims["sub"]
    if not isinstance(subject, str) or not 0 < len(subject) <= LONGEST or "\0" in subject:
        raise SignInFailed("subject")
    if pending.is_confirmation and not _was_asked_again(claims.get("auth_time"), pending):
        raise SignInFailed("not asked again")


def _was_asked_again(auth_time: object, pending: Pending) -> bool:
    return isinstance(auth_time, int | float) and auth_time >= pending.began - CLOCKS_DIFFER
