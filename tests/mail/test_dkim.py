"""DKIM signatures, checked by another implementation (dkimpy) on the octets that a mail server received."""

from __future__ import annotations

import re
import stat
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import dkim
import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from app.blog.models import Post
from app.mail.checks import dkim_keys_are_usable
from app.mail.dkim_signing import signed
from app.newsletter.models import Subscriber
from owed.testing import drain
from tests.newsletter.fixtures import post, readers
from tests.sinks import Sink, smtp_sink

__all__ = ["post", "readers", "smtp_sink"]
pytestmark = pytest.mark.covers("E6")
Readers = Callable[..., list[Subscriber]]
Records = dict[str, str]
MESSAGE = b"From: a@example.org\r\nTo: b@example.org\r\nSubject: Hello\r\n\r\n  Some  text \t\r\n.\r\n\r\n\r\n"
ADDED = "From: <x@x.example>", "Subject: Changed", "List-Unsubscribe: <https://x.example/>", "List-Unsubscribe-Post: x"
HEADERS = "From", "To", "Subject", "Date", "Message-ID", "List-Unsubscribe", "List-Unsubscribe-Post", "MIME-Version"


def made(*arguments: str) -> tuple[str, str, str]:
    """Return the name and the text of the record that the command prints, and what it says to set."""
    out = StringIO()
    call_command("dkim_key", *arguments, stdout=out)
    record, _, entry = out.getvalue().strip().splitlines()
    name, _, strings = record.partition(" IN TXT ")
    return name, "".join(re.findall(r'"([^"]*)"', strings)), entry


@pytest.fixture
def records(settings: Settings, tmp_path: Path) -> Records:
    """Two keys in use, one from a file and one from the environment, and what DNS answers of them."""
    settings.DEFAULT_FROM_EMAIL, settings.DKIM_DOMAIN = "Paper <post@paper.example>", ""
    rsa, ed25519 = made("r1", "--file", str(tmp_path / "r1.pem")), made("e1", "--type", "ed25519")
    settings.DKIM_KEYS = (rsa[2], ed25519[2])
    return {rsa[0]: rsa[1], ed25519[0]: ed25519[1]}


def verdicts(octets: bytes, records: Records) -> list[bool]:
    """Return what dkimpy says of each signature."""
    answer = lambda name, timeout=5: records.get(name.decode(), "").encode()  # noqa: E731
    number = octets.split(b"\r\n\r\n")[0].lower().count(b"dkim-signature:")
    return [_verdict(octets, index, answer) for index in range(number)]


def _verdict(octets: bytes, index: int, answer: Callable[..., bytes]) -> bool:
    try:
        return bool(dkim.DKIM(octets, minkey=2048).verify(idx=index, dnsfunc=answer))
    except dkim.DKIMException:
        return False


class TestASignature:
    def test_is_made_with_each_key(self, records: Records) -> None:
        octets = signed(MESSAGE)
        assert verdicts(octets, records) == [True, True]
        assert octets.endswith(MESSAGE)
        assert sorted(re.findall(rb"a=([\w-]+);", octets)) == [b"ed25519-sha256", b"rsa-sha256"]
        assert max(map(len, octets.split(b"\r\n"))) <= 78 + len(b"; d=paper.example")

    @pytest.mark.parametrize("body", [b"", b"\r\n", b" \r\n\r\n", b".\r\n..\r\n", b"a\tb  c\r\n\r\n", "ü  é\r\n".encode()])
    def test_holds_for_every_body(self, records: Records, body: bytes) -> None:
        assert verdicts(signed(MESSAGE.partition(b"\r\n\r\n")[0] + b"\r\n\r\n" + body), records) == [True, True]

    def test_survives_what_relays_do_to_spaces(self, records: Records) -> None:
        octets = signed(MESSAGE)
        assert verdicts(octets.replace(b"  Some  text \t", b" Some text"), records) == [True, True]
        assert verdicts(octets.replace(b"Subject: Hello", b"SUBJECT:   Hello "), records) == [True, True]

    def test_does_not_survive_another_text(self, records: Records) -> None:
        assert verdicts(signed(MESSAGE).replace(b"Some", b"More"), records) == [False, False]

    def test_is_not_made_without_a_key(self, settings: Settings) -> None:
        settings.DKIM_KEYS = ()
        assert signed(MESSAGE) == MESSAGE

    def test_names_the_domain_that_is_set(self, records: Records, settings: Settings) -> None:
        settings.DKIM_DOMAIN = "example.net"
        assert signed(MESSAGE).count(b"d=example.net;") == 2


@pytest.mark.django_db
class TestANewsletter:
    @pytest.fixture
    def received(self, records: Records, post: Post, readers: Readers, smtp_sink: Sink) -> bytes:
        """What the mail server got for one of two readers."""
        readers(2, name="Ada")
        drain()
        [captured] = smtp_sink.to("r1@example.org")
        return captured.data

    def test_is_signed_with_each_key_as_it_arrives(self, received: bytes, records: Records, smtp_sink: Sink) -> None:
        assert [verdicts(each.data, records) for each in smtp_sink.captured] == [[True, True]] * len(smtp_sink.captured)
        covered = re.sub(rb"\s", b"", b"".join(re.findall(rb"h=(.*?);", received, re.DOTALL)))
        assert {b"from", b"to", b"subject", b"date", b"message-id", b"list-unsubscribe", b"mime-version"} < set(
            covered.split(b":")
        )
        assert covered.split(b":").count(b"list-unsubscribe-post") >= 2

    @pytest.mark.parametrize("name", HEADERS)
    def test_is_not_verified_with_a_changed_header(self, received: bytes, records: Records, name: str) -> None:
        changed = re.sub(rf"(?m)^{name}: .".encode(), f"{name}: ~".encode(), received)
        assert changed != received
        assert verdicts(changed, records) == [False, False]

    @pytest.mark.parametrize("line", ADDED)
    def test_is_not_verified_with_a_second_header(self, received: bytes, records: Records, line: str) -> None:
        assert verdicts(line.encode() + b"\r\n" + received, records) == [False, False]


@pytest.mark.django_db
class TestAPersonalMail:
    def test_is_signed(self, records: Records, readers: Readers, smtp_sink: Sink) -> None:
        Subscriber.objects.subscribe("new@example.org", source="form", consent="Yes")
        drain()
        [captured] = smtp_sink.to("new@example.org")
        assert verdicts(captured.data, records) == [True, True]


class TestTheCommand:
    def test_keeps_the_key_to_its_owner_and_does_not_overwrite(self, settings: Settings, tmp_path: Path) -> None:
        file = tmp_path / "key.pem"
        _, _, entry = made("s1", "--file", str(file))
        assert entry == f"s1:{file}"
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        before = file.read_bytes()
        with pytest.raises(CommandError, match="File exists"):
            made("s1", "--file", str(file))
        assert file.read_bytes() == before

    def test_shows_the_records_of_the_keys_in_use(self, records: Records) -> None:
        out = StringIO()
        call_command("dkim_key", stdout=out)
        assert [line.partition(" ")[0] for line in out.getvalue().splitlines()] == list(records)

    def test_says_why_not(self, settings: Settings) -> None:
        settings.DKIM_KEYS = ()
        with pytest.raises(CommandError, match="not signed"):
            call_command("dkim_key")
        with pytest.raises(CommandError, match="a selector is"):
            call_command("dkim_key", "no dots.or spaces")


class TestTheCheck:
    @pytest.mark.parametrize("entry", ["s1:/nowhere/key.pem", "s1:MIIsecret", "no selector", "s1:"])
    def test_names_a_key_that_cannot_be_read_and_not_its_text(self, settings: Settings, entry: str) -> None:
        settings.DKIM_KEYS = (entry,)
        [error] = dkim_keys_are_usable()
        assert "MIIsecret" not in error.msg
        assert error.id == "mail.E001"

    def test_is_content_with_good_keys(self, records: Records) -> None:
        assert dkim_keys_are_usable() == []
