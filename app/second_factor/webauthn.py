"""WebAuthn by the library fido2: what the browser is asked, and whether its answer is right. Sessions keep the state."""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from cryptography.exceptions import UnsupportedAlgorithm
from django.conf import settings
from fido2.cose import CoseKey
from fido2.server import Fido2Server
from fido2.webauthn import (
    AttestedCredentialData,
    AuthenticationResponse,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialUserEntity,
    RegistrationResponse,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from app.accounts.models import User
from app.second_factor.errors import PasskeyRefused
from app.second_factor.models import Passkey
from app.site.current import site

# What the library raises for input from a browser that is malformed, or does not answer the challenge.
WRONG = (
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    AssertionError,
    RecursionError,
    NotImplementedError,
    struct.error,
    UnsupportedAlgorithm,
)


@dataclass(frozen=True, kw_only=True)
class Registered:
    """The public half of a new passkey."""

    credential: AttestedCredentialData
    count: int

    def fields(self) -> dict[str, Any]:
        credential = self.credential
        return {"credential_id": credential.credential_id, "public_part": bytes(credential), "sign_count": self.count}


@dataclass(frozen=True, kw_only=True)
class Assertion:
    """An answer to a challenge, by a passkey that is still to be looked up."""

    state: Any
    response: AuthenticationResponse
    credential_id: bytes
    count: int
    is_user_verified: bool

    @classmethod
    def read(cls, state: Any, answer: str) -> Assertion:
        """Look at all that is used of it, so that what is missing is missed here."""
        response = AuthenticationResponse.from_dict(_read(answer))
        data = response.response.authenticator_data
        return cls(
            state=state,
            response=response,
            credential_id=bytes(response.raw_id),
            count=int(data.counter),
            is_user_verified=bool(data.is_user_verified()),
        )

    def is_by(self, credential: AttestedCredentialData) -> bool:
        """Return whether the passkey signed this challenge, for this site, as strictly as it was asked to."""
        try:
            _server().authenticate_complete(self.state, [credential], self.response)
        except WRONG:
            return False
        return True


def is_possible() -> bool:
    """Return whether browsers have passkeys for the site's address: not for an IP address, and not without https."""
    address = urlsplit(settings.SITE_URL)
    host = address.hostname or ""
    return not _is_ip(host) and (address.scheme == "https" or host == "localhost" or host.endswith(".localhost"))


def registration(user: User) -> tuple[dict[str, Any], Any]:
    """Return what the browser is asked for a new passkey, and the state to keep."""
    who = PublicKeyCredentialUserEntity(id=str(user.pk).encode(), name=user.username, display_name=user.profile.name)
    options, state = _server().register_begin(
        who,
        _credentials(user),
        resident_key_requirement=ResidentKeyRequirement.PREFERRED,
        user_verification=UserVerificationRequirement.PREFERRED,
    )
    return dict(options), state


def registered(state: Any, answer: str) -> Registered:
    """Return the passkey that the browser made. Raises PasskeyRefused."""
    try:
        made = _server().register_complete(state, RegistrationResponse.from_dict(_read(answer)))
    except WRONG:
        raise PasskeyRefused from None
    # The library also reads keys that it cannot verify with.
    if made.credential_data is None or made.credential_data.public_key.get(3) not in CoseKey.supported_algorithms():
        raise PasskeyRefused
    return Registered(credential=made.credential_data, count=made.counter)


def challenge(user: User | None = None) -> tuple[dict[str, Any], Any]:
    """Return what the browser is asked for a sign-in, and the state to keep.

    Without a user it is the whole sign-in: the passkey says whose it is, and must ask for a PIN, a finger or a face.
    """
    needed = UserVerificationRequirement.PREFERRED if user else UserVerificationRequirement.REQUIRED
    options, state = _server().authenticate_begin(_credentials(user) if user else None, user_verification=needed)
    return dict(options), state


def asserted(state: Any, answer: str) -> Assertion | None:
    """Return the browser's answer; None if it is malformed."""
    try:
        return Assertion.read(state, answer) if state else None
    except WRONG:
        return None


def _read(answer: str) -> Any:
    """Return the browser's answer. Its numbers become text: where the library looks for bytes, it would make so many zeros."""
    return json.loads(answer, parse_int=str, parse_float=str)


def _server() -> Fido2Server:
    party = PublicKeyCredentialRpEntity(id=urlsplit(settings.SITE_URL).hostname or "", name=site().name)
    return Fido2Server(party, verify_origin=lambda origin: origin == settings.SITE_URL)


def _credentials(user: User) -> Sequence[AttestedCredentialData]:
    return [passkey.credential for passkey in Passkey.objects.filter(user=user).order_by("pk")]


def _is_ip(host: str) -> bool:
    try:
        return bool(ip_address(host))
    except ValueError:
        return False
