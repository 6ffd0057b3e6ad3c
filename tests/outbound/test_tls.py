"""TLS is judged by the name that was asked for, although the connection goes to an address."""

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from app.outbound import http
from app.outbound.errors import Unreachable
from tests.certificates import self_signed
from tests.outbound import receiver as kit


@pytest.fixture(autouse=True)
def named(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let two names stand for loopback."""
    real = socket.getaddrinfo
    settings.OUTBOUND_ALLOW = ("127.0.0.0/8",)

    def getaddrinfo(host: str, *args: Any, **kwargs: Any) -> Any:
        return real("127.0.0.1" if host.endswith(".example") else host, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


@contextmanager
def certified(name: str, folder: Path) -> Iterator[tuple[kit.Receiver, ssl.SSLContext]]:
    """Run a TLS receiver whose certificate names one host; yield it and the context that trusts it."""
    pem = folder / "cert.pem"
    pem.write_bytes(self_signed(name))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(pem)
    with kit.receiving(tls=server) as receiver:
        yield receiver, ssl.create_default_context(cafile=str(pem))


class TestARedirect:
    def test_from_https_leads_to_no_clear_text(self, tmp_path: Path) -> None:
        with certified("named.example", tmp_path) as (receiver, trusting), kit.receiving() as clear:
            receiver.answers.append(kit.says(302, Location=f"http://named.example:{clear.port}/"))
            with pytest.raises(Unreachable):
                http.request("GET", f"https://named.example:{receiver.port}/", tls=trusting, follow=3)
        assert (len(receiver.received), clear.received) == (1, [])


class TestCertificate:
    def test_is_accepted_for_the_name_in_the_url(self, tmp_path: Path) -> None:
        with certified("named.example", tmp_path) as (receiver, trusting):
            assert http.request("GET", f"https://named.example:{receiver.port}/", tls=trusting).ok

    def test_is_refused_for_another_name_before_anything_is_sent(self, tmp_path: Path) -> None:
        with certified("other.example", tmp_path) as (receiver, trusting), pytest.raises(Unreachable):
            http.request("GET", f"https://named.example:{receiver.port}/", tls=trusting)
        assert receiver.received == []

    def test_of_an_unknown_issuer_is_refused(self, tmp_path: Path) -> None:
        with certified("named.example", tmp_path) as (receiver, _), pytest.raises(Unreachable):
            http.request("GET", f"https://named.example:{receiver.port}/")
        assert receiver.received == []
