"""What the tests of two-factor sign-in share: an app, and a security key, both made of software."""

from __future__ import annotations

import json
import os
import re
from hashlib import sha256
from typing import Any

import pyotp
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from django.contrib.auth import get_user
from django.http import HttpRequest
from django.test import Client
from fido2.cose import ES256, CoseKey
from fido2.utils import websafe_decode, websafe_encode
from fido2.webauthn import AttestationObject, AttestedCredentialData, AuthenticatorData, CollectedClientData

from app.accounts.models import User
from app.second_factor import changes
from owed import clock

PASSWORD = "a-good-password-7"
SETTINGS = "/account/second-factor/"
FLAG = AuthenticatorData.FLAG


def code(secret: str, *, later: int = 0) -> str:
    """Return what the app shows now, or so many half minutes later."""
    return pyotp.TOTP(secret).at(clock.now(), counter_offset=later)


def with_app(user: User) -> str:
    """Set up an app with the code of the half minute before, so that the one of now is unused. Return its secret."""
    secret = pyotp.random_base32()
    changes.add_app(user, secret, code(secret, later=-1), now=clock.now())
    user.refresh_from_db()
    return secret


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def who(client: Client) -> str:
    """Return who is signed in; "" for a guest."""
    request = HttpRequest()
    request.session = client.session
    return get_user(request).get_username()


def enter(client: Client, name: str = "rita", password: str = PASSWORD, **fields: Any) -> Any:
    return client.post("/login/", {"username": name, "password": password, **fields})


def step(client: Client, typed: str) -> Any:
    return client.post("/login/code/", {"code": typed})


def shown_codes(answer: Any) -> list[str]:
    return re.findall(r"<code dir=\"ltr\">((?:\w{4}-){3}\w{4})</code>", answer.content.decode())


class SecurityKey:
    """Answers as a browser with a security key does."""

    def __init__(self, origin: str, *, is_verified: bool = True, algorithm: int = ES256.ALGORITHM) -> None:
        self.origin, self.id, self.count, self.user_handle = origin, os.urandom(16), 0, b""
        self.private = ec.generate_private_key(ec.SECP256R1())
        self.algorithm = algorithm
        self.flags = FLAG.UP | (FLAG.UV if is_verified else FLAG(0))

    def create(self, options: dict[str, Any]) -> str:
        asked = options["publicKey"]
        self.user_handle = websafe_decode(asked["user"]["id"])
        named = CoseKey({**ES256.from_cryptography_key(self.private.public_key()), 3: self.algorithm})
        public = AttestedCredentialData.create(b"\0" * 16, self.id, named)
        data = AuthenticatorData.create(_rp(asked["rp"]["id"]), self.flags | FLAG.AT, self.count, public)
        made = {
            "clientDataJSON": websafe_encode(self._client(CollectedClientData.TYPE.CREATE, asked)),
            "attestationObject": websafe_encode(AttestationObject.create("none", data, {})),
        }
        return self._answer(made)

    def get(self, options: dict[str, Any]) -> str:
        asked = options["publicKey"]
        self.count += 1
        data = AuthenticatorData.create(_rp(asked["rpId"]), self.flags, self.count)
        client = self._client(CollectedClientData.TYPE.GET, asked)
        signature = self.private.sign(data + sha256(client).digest(), ec.ECDSA(SHA256()))
        made = {
            "clientDataJSON": websafe_encode(client),
            "authenticatorData": websafe_encode(data),
            "signature": websafe_encode(signature),
            "userHandle": websafe_encode(self.user_handle),
        }
        return self._answer(made)

    def _client(self, kind: str, asked: dict[str, Any]) -> CollectedClientData:
        return CollectedClientData.create(kind, asked["challenge"], self.origin)

    def _answer(self, response: dict[str, str]) -> str:
        rest = {"id": websafe_encode(self.id), "rawId": websafe_encode(self.id), "type": "public-key"}
        return json.dumps({**rest, "response": response, "clientExtensionResults": {}})


def _rp(name: str) -> bytes:
    return sha256(name.encode()).digest()


def add_key(client: Client, key: SecurityKey, name: str = "Blue key") -> Any:
    """Add the key at the page of a person who is signed in."""
    options = client.post(f"{SETTINGS}passkeys/", {"name": name}).json()
    return client.post(f"{SETTINGS}passkeys/", {"name": name, "credential": key.create(options)})


def answer(client: Client, key: SecurityKey, path: str = "/login/passkey/", **fields: Any) -> Any:
    """Let the key answer a challenge of the sign-in, or of its second step."""
    return client.post(path, {"credential": key.get(client.post(path).json()), **fields})
