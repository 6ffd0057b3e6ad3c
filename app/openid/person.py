"""Whom the provider speaks of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError

from app.mail.forms import validate_address
from app.openid import client, id_token
from app.openid.errors import SignInFailed
from app.openid.pending import Pending
from app.openid.provider import ALWAYS, Provider, fetch_json


@dataclass(frozen=True, kw_only=True)
class Person:
    """`email` is empty where the provider does not say that it is verified. `two_factors`: it asked for a second one.

    `was_asked`: it asked the person just now, and did not answer for a session that was open there.
    """

    issuer: str
    subject: str
    email: str = ""
    name: str = ""
    two_factors: bool = False
    was_asked: bool = False


def ask(provider: Provider, pending: Pending, answer: dict[str, str], *, now: datetime) -> Person:
    """Return who answered at the provider. Up to four calls, each with a time limit. Raises SignInFailed."""
    endpoints = provider.discover()
    _check(provider, answer, names_itself=endpoints.names_itself)
    tokens = client.exchange(provider, endpoints, pending, answer["code"])
    claims = id_token.read(provider, pending, tokens, endpoints.keys, now=now)
    return person_of(provider, pending, claims | _more(endpoints.userinfo, tokens, claims))


def _check(provider: Provider, answer: dict[str, str], *, names_itself: bool) -> None:
    """Refuse an answer without a code, and one that names another issuer, or none where the provider always does."""
    if not answer.get("code"):
        raise SignInFailed("denied")
    if answer.get("iss", "" if names_itself else provider.issuer) != provider.issuer:
        raise SignInFailed("answer of another issuer")


def _more(url: str, tokens: dict[str, Any], claims: dict[str, Any]) -> dict[str, Any]:
    """Return the address and the name, where the ID token is without and someone needs them."""
    is_needed = settings.OIDC_LINK_BY_EMAIL or settings.OIDC_NEW_ACCOUNTS
    if "email" in claims or not url or not is_needed:
        return {}
    said = fetch_json(url, headers={"Authorization": f"Bearer {tokens.get('access_token', '')}"})
    # An answer about someone else must not lend this person their address (OpenID Connect Core 5.3.2).
    if said.get("sub") != claims["sub"]:
        raise SignInFailed("userinfo")
    return {name: said[name] for name in ("email", "email_verified", "preferred_username") if name in said}


def person_of(provider: Provider, pending: Pending, claims: dict[str, Any]) -> Person:
    return Person(
        issuer=provider.issuer,
        subject=claims["sub"],
        email=_verified(claims),
        name=str(claims.get("preferred_username") or ""),
        two_factors=_has_two_factors(claims),
        was_asked=id_token.was_asked(claims, pending),
    )


def _verified(claims: dict[str, Any]) -> str:
    email = claims.get("email")
    if claims.get("email_verified") is not True or not isinstance(email, str):
        return ""
    try:
        validate_address(email)
    except ValidationError:
        return ""
    return email


def _has_two_factors(claims: dict[str, Any]) -> bool:
    """Return whether the provider asked for a second factor, by what the operator says of it (OIDC_SECOND_FACTOR)."""
    methods = claims.get("amr") or []
    said = {str(method) for method in methods} | {str(claims.get("acr", ""))}
    return ALWAYS in settings.OIDC_SECOND_FACTOR or bool(said & set(settings.OIDC_SECOND_FACTOR))
