"""An OpenID Connect provider on loopback: discovery, keys, authorization and token endpoint, with real RSA keys.

It answers as it should until a test changes `claims`, `tokens`, `current` or what the discovery document says.
"""

from __future__ import annotations

import base64
import hmac
import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT, SECRET = "afterword", "a secret of the client"


@cache
def rsa_key(name: str) -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": name, "use": "sig"})


class Provider:
    """`person` is who is signed in at the provider; `claims` replaces what their ID tokens say, None takes a claim away."""

    def __init__(self, port: int) -> None:
        self.issuer = f"http://127.0.0.1:{port}"
        self.person: dict[str, Any] = {"sub": "sub-1"}
        self.claims: dict[str, Any] = {}
        self.discovery: dict[str, Any] = {}
        self.userinfo: dict[str, Any] = {}
        self.tokens: dict[str, Any] = {}
        self.current = "current"
        self.other_keys: list[Any] = [{"kty": "XYZ"}]
        self.keys: dict[str, Any] = {}
        self.signed: Callable[[dict[str, Any]], str] = self.sign
        self.codes: dict[str, dict[str, str]] = {}
        self.asked: list[str] = []

    def sign(self, claims: dict[str, Any]) -> str:
        return jwt.encode({"alg": "RS256", "kid": self.current}, claims, rsa_key(self.current))

    def sign_with_another_key(self, claims: dict[str, Any]) -> str:
        return jwt.encode({"alg": "RS256", "kid": "current"}, claims, rsa_key("a stranger's"))

    def sign_with_the_public_key(self, claims: dict[str, Any]) -> str:
        """Pass the public key off as the secret of HS256. By hand, as the library refuses to."""
        signed = f"{_part({'alg': 'HS256', 'kid': 'current'})}.{_part(claims)}"
        digest = hmac.digest(rsa_key("current").as_pem(private=False), signed.encode(), sha256)
        return f"{signed}.{base64.urlsafe_b64encode(digest).decode().rstrip('=')}"

    def not_sign(self, claims: dict[str, Any]) -> str:
        return f"{_part({'alg': 'none'})}.{_part(claims)}."

    def document(self) -> dict[str, Any]:
        paths = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "keys"}
        return {"issuer": self.issuer, **{name: f"{self.issuer}/{path}" for name, path in paths.items()}, **self.discovery}

    def published(self) -> dict[str, Any]:
        return {"keys": [*self.other_keys, rsa_key(self.current).as_dict(private=False)]}

    def authorize(self, query: dict[str, str]) -> str:
        """Return where the person is sent back to."""
        assert (query["client_id"], query["response_type"], query["code_challenge_method"]) == (CLIENT, "code", "S256")
        assert "openid" in query["scope"].split()
        code = secrets.token_urlsafe(16)
        self.codes[code] = query
        return f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query['state'], 'iss': self.issuer})}"

    def token(self, form: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        query = self.codes.pop(form.get("code", ""), None)
        right = "Basic " + base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        challenge = base64.urlsafe_b64encode(sha256(form.get("code_verifier", "").encode()).digest()).decode().rstrip("=")
        if authorization != right or query is None or challenge != query["code_challenge"]:
            return 400, {"error": "invalid_grant"}
        assert form["redirect_uri"] == query["redirect_uri"]
        return 200, {"access_token": "an-access-token", "token_type": "Bearer", "id_token": self.id_token(query), **self.tokens}

    def id_token(self, query: dict[str, str]) -> str:
        now = int(time.time())
        said = {"iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": query["nonce"]}
        if query.get("prompt") == "login":
            said["auth_time"] = now
        claims = {**said, **self.person, **self.claims}
        return self.signed({name: value for name, value in claims.items() if value is not None})


@contextmanager
def running() -> Iterator[Provider]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    provider = Provider(server.server_port)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            url = urlsplit(self.path)
            provider.asked.append(url.path)
            if url.path == "/authorize":
                self.send_response(302)
                self.send_header("Location", provider.authorize(_first(url.query)))
                self.end_headers()
            else:
                answers = {
                    "/.well-known/openid-configuration": provider.document,
                    "/keys": lambda: provider.keys or provider.published(),
                    "/userinfo": lambda: provider.userinfo,
                }
                self._answer(200, answers[url.path]())

        def do_POST(self) -> None:
            form = _first(self.rfile.read(int(self.headers["Content-Length"])).decode())
            provider.asked.append(self.path)
            self._answer(*provider.token(form, self.headers.get("Authorization", "")))

        def _answer(self, status: int, said: dict[str, Any]) -> None:
            body = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: Any) -> None:
            """Say nothing."""

    server.RequestHandlerClass = Handler
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _first(query: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(query).items()}


def _part(said: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(said).encode()).decode().rstrip("=")
