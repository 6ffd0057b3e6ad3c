"""The mail check, against a DNS server and mail servers on loopback."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from pytest_django import Settings

from app.mail import doctor
from app.mail.dkim_keys import as_setting, new_key
from app.mail.lookup import Dns
from app.mail.verdicts import Verdict
from tests.mail.dns_server import Zone, zone
from tests.sinks import FaultyServer, Sink, SinkController

__all__ = ["zone"]
pytestmark = pytest.mark.covers("E6")
SITE, HOST, ADDRESS = "afterword.example", "mail.afterword.example", "8.8.4.4"
Certificate = Callable[[timedelta], Path]


@pytest.fixture
def sender(zone: Zone, settings: Settings) -> Zone:
    """A sender of whom everything is right."""
    key = new_key("s1", "ed25519")
    settings.EMAIL_URL, settings.DEFAULT_FROM_EMAIL = f"smtp+tls://{HOST}", f"Afterword <post@{SITE}>"
    settings.DKIM_KEYS, settings.DKIM_DOMAIN, settings.BOUNCE_ADDRESS = [as_setting(key)], "", f"bounces@b.{SITE}"
    zone.txt(f"b.{SITE}", "something else", "v=spf1 mx -all")
    zone.records[f"b.{SITE}", "MX"] = [f"10 {HOST}."]
    zone.records[HOST, "A"] = [ADDRESS]
    zone.records["4.4.8.8.in-addr.arpa", "PTR"] = [f"{HOST}."]
    zone.txt(f"_dmarc.{SITE}", "v=DMARC1; p=none")
    zone.txt(f"s1._domainkey.{SITE}", key.record)
    return zone


def found(*, each: float = 3.0) -> dict[str, Verdict]:
    return {verdict.code: verdict for verdict in doctor.examine_dns(Dns(each=each))}


class TestDns:
    def test_finds_nothing_to_change(self, sender: Zone) -> None:
        verdicts = found()
        assert set(verdicts) == {"spf_good", "dkim_good", "dmarc_good", "ptr_good", "bounces_good"}
        assert {verdict.level for verdict in verdicts.values()} == {"good"}
        assert [verdict.change for verdict in verdicts.values()] == [""] * 5

    @pytest.mark.parametrize(
        ("records", "code"),
        [
            ([], "spf_missing"), (["v=spf1 -all", "v=spf1 mx -all"], "spf_twice"), (["v=spf1 mx +all"], "spf_open"),
            (["v=spf1 ip4:8.8.4.0/24 ?all"], "spf_good"), (["v=spf1 ip4:8.8.8.8 -all"], "spf_others"),
            (["v=spf1 -all mx"], "spf_others"), (["v=spf1 include:spf.provider.example ~all"], "spf_good"),
            (["v=spf1 redirect=spf.provider.example"], "spf_good"), (["v=spf1 include:none.example -all"], "spf_broken"),
            (["v=spf1 a:mail.afterword.example/32//64 -all"], "spf_good"), (["v=spf1 ip4:8.8.8 -all"], "spf_broken"),
            (["v=spf1 mxx -all"], "spf_broken"), (["v=spf1 include:loop.example -all"], "spf_broken"),
            (["v=spf1 " + "a " * 11 + "-all"], "spf_broken"), (["v=spf1 include: -all"], "spf_broken"),
        ],
    )  # fmt: skip
    def test_judges_spf(self, records: list[str], code: str, sender: Zone) -> None:
        sender.txt(f"b.{SITE}", *records)
        sender.txt("spf.provider.example", f"v=spf1 ip4:{ADDRESS} -all")
        sender.txt("loop.example", "v=spf1 include:loop.example -all")
        assert code in found()

    @pytest.mark.parametrize(
        ("record", "code"), [("", "dkim_missing"), ("v=DKIM1; k=ed25519; p=AAAA", "dkim_other"), ("v=DKIM1; p=", "dkim_other")]
    )
    def test_judges_the_keys_that_sign(self, record: str, code: str, sender: Zone) -> None:
        sender.txt(f"s1._domainkey.{SITE}", *filter(None, [record]))
        verdict = found()[code]
        assert (verdict.level, "dkim_key" in verdict.change) == ("bad", True)

    def test_finds_a_long_key_in_several_strings(self, sender: Zone, settings: Settings) -> None:
        key = new_key("r1", "rsa")
        settings.DKIM_KEYS = [as_setting(key)]
        sender.txt(f"r1._domainkey.{SITE}", key.record)
        assert "dkim_good" in found()

    @pytest.mark.parametrize(
        ("records", "code"),
        [
            ([], "dmarc_missing"), (["v=DMARC1; p=none", "v=DMARC1; p=reject"], "dmarc_twice"),
            (["v=DMARC1; p=perhaps"], "dmarc_broken"), (["v=DMARC1;p=reject;rua=mailto:d@afterword.example"], "dmarc_good"),
        ],
    )  # fmt: skip
    def test_judges_dmarc(self, records: list[str], code: str, sender: Zone) -> None:
        sender.txt(f"_dmarc.{SITE}", *records)
        assert code in found()

    def test_finds_the_policy_of_the_domain_above(self, sender: Zone, settings: Settings) -> None:
        settings.DEFAULT_FROM_EMAIL = f"post@news.{SITE}"
        assert "dmarc_good" in found()

    def test_finds_what_dmarc_would_not_take(self, sender: Zone, settings: Settings) -> None:
        settings.BOUNCE_ADDRESS, settings.DKIM_DOMAIN = "bounces@other.example", "else.example"
        assert "dmarc_unaligned" in found()
        settings.DKIM_DOMAIN = f"mail.{SITE}"
        assert "dmarc_good" in found()

    @pytest.mark.parametrize(("name", "code"), [("", "ptr_missing"), ("cust-4.isp.example", "ptr_other")])
    def test_judges_the_name_of_the_address(self, name: str, code: str, sender: Zone) -> None:
        sender.records["4.4.8.8.in-addr.arpa", "PTR"] = [f"{name}."] if name else []
        assert code in found()

    def test_cannot_see_the_address_behind_a_server_of_the_house(self, sender: Zone) -> None:
        sender.records[HOST, "A"] = ["10.0.0.5"]
        assert {"ptr_hidden", "spf_others"} <= set(found())

    @pytest.mark.parametrize(("exchange", "code"), [("0 .", "bounces_nowhere"), ("10 mx.afterword.example.", "bounces_good")])
    def test_judges_where_bounces_go(self, exchange: str, code: str, sender: Zone) -> None:
        sender.records[f"b.{SITE}", "MX"] = [exchange]
        assert code in found()

    def test_is_waited_for_a_limited_time(self, sender: Zone) -> None:
        sender.silent = {f"b.{SITE}", f"_dmarc.{SITE}", HOST}
        began = time.monotonic()
        verdicts = [verdict.code for verdict in doctor.examine_dns(Dns(altogether=1.0, each=0.3))]
        assert time.monotonic() - began < 10
        assert verdicts.count("unanswered") == 4


@pytest.fixture
def certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Certificate:
    """Return a function that makes a certificate of this machine, valid so long, and has it trusted."""

    def make(valid: timedelta) -> Path:
        key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
        names = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
        number, before = x509.random_serial_number(), now - timedelta(days=1)
        builder = x509.CertificateBuilder(name, name, key.public_key(), number, before, now + valid).add_extension(names, False)
        file = tmp_path / "server.pem"
        made = builder.sign(key, SHA256()).public_bytes(Encoding.PEM)
        file.write_bytes(made + key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        monkeypatch.setenv("SSL_CERT_FILE", str(file))
        return file

    return make


@pytest.fixture
def secure(settings: Settings) -> Iterator[Callable[[Path], None]]:
    """Yield a function that starts a mail server with STARTTLS."""
    started: list[Controller] = []

    def start(pem: Path) -> None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(pem)

        class Secure(SinkController):
            def factory(self) -> SMTP:
                return SMTP(self.handler, tls_context=context, require_starttls=True)

        controller = Secure(Sink(), hostname="127.0.0.1", port=0)
        controller.start()
        started.append(controller)
        settings.EMAIL_URL = f"smtp+tls://127.0.0.1:{controller.port}"

    yield start
    for controller in started:
        controller.stop()


class TestTheServer:
    @pytest.fixture(autouse=True)
    def is_not_the_demo(self, settings: Settings) -> None:
        settings.MAILBOX_DIR = None

    def test_is_reached_in_tls(self, certificate: Certificate, secure: Callable[[Path], None]) -> None:
        secure(certificate(timedelta(days=90)))
        [verdict] = doctor.examine_server()
        assert (verdict.code, verdict.level, "TLSv1." in verdict.text) == ("encrypted", "good", True)

    def test_has_a_certificate_that_ends_soon(self, certificate: Certificate, secure: Callable[[Path], None]) -> None:
        secure(certificate(timedelta(days=5)))
        assert [verdict.code for verdict in doctor.examine_server()] == ["encrypted", "expires"]

    def test_has_a_certificate_that_is_not_valid(
        self, certificate: Certificate, secure: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        secure(certificate(timedelta(days=90)))
        monkeypatch.delenv("SSL_CERT_FILE")
        [verdict] = doctor.examine_server()
        assert (verdict.code, verdict.facts["phase"]) == ("unreachable", "starttls")

    def test_offers_no_encryption(self, faulty: FaultyServer, settings: Settings) -> None:
        settings.EMAIL_URL = faulty.url.replace("smtp://", "smtp+tls://")
        [verdict] = doctor.examine_server()
        assert (verdict.code, verdict.level, "at starttls" in verdict.text) == ("refused", "bad", True)

    def test_may_be_on_this_machine(self, smtp_sink: Sink) -> None:
        assert [verdict.code for verdict in doctor.examine_server()] == ["local"]
        assert smtp_sink.captured == []

    def test_may_be_the_mailbox_of_the_demo(self, settings: Settings, tmp_path: Path) -> None:
        settings.MAILBOX_DIR = tmp_path
        assert [verdict.code for verdict in doctor.examine_server()] == ["captured"]
