"""Where mail is handed over, read from EMAIL_URL."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

PORTS = {"smtp": 25, "smtps": 465, "smtp+tls": 587}


@dataclass(frozen=True, kw_only=True)
class Server:
    """An SMTP server: smtp:// in clear, smtps:// in TLS from the first byte, smtp+tls:// with STARTTLS or not at all."""

    host: str
    port: int
    username: str = ""
    password: str = field(default="", repr=False)
    tls: bool = False
    starttls: bool = False

    @classmethod
    def from_url(cls, url: str) -> Server:
        parts = urlsplit(url)
        if parts.scheme not in PORTS:
            raise ValueError("EMAIL_URL must begin with smtp://, smtps:// or smtp+tls://")
        return cls(
            host=parts.hostname or "127.0.0.1",
            port=parts.port or PORTS[parts.scheme],
            username=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
            tls=parts.scheme == "smtps",
            starttls=parts.scheme == "smtp+tls",
        )

    def context(self) -> ssl.SSLContext:
        return ssl.create_default_context()
