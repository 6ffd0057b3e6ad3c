"""A letter becomes octets."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from app.mail.errors import BadAddress
from app.mail.message import Letter, encode, new_message_id
from tests.sinks import Captured, check

AT = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)


def sealed(**changes: object) -> Captured:
    values: dict[str, object] = {
        "sender": "Afterword <post@afterword.example>",
        "recipient": "reader@example.org",
        "subject": "A subject",
        "text": "Text.\n",
        "html": "<p>HTML.</p>",
        "message_id": "<1@afterword.example>",
        **changes,
    }
    mail = encode(Letter(**values), at=AT)  # type: ignore[arg-type]
    captured = Captured(mail.sender, mail.recipient, mail.data, 0)
    check(captured)
    return captured


class TestALetter:
    def test_is_text_and_html_with_its_own_message_id_and_date(self) -> None:
        message = sealed().message
        assert message["Message-ID"] == "<1@afterword.example>"
        assert message["Date"].datetime == AT
        assert message["Auto-Submitted"] == "auto-generated"
        assert message["From"].addresses[0].addr_spec == "post@afterword.example"

    def test_keeps_every_line_under_the_limit_whatever_is_written(self) -> None:
        captured = sealed(text="x" * 5000 + "\n.\n.." + "é" * 3000, html="<p>" + "w " * 20_000 + "</p>", subject="ü" * 200)
        assert captured.body("plain") == "x" * 5000 + "\n.\n.." + "é" * 3000 + "\n"
        assert captured.message["Subject"] == "ü" * 200

    @pytest.mark.parametrize("evil", ["Hi\r\nBcc: all@example.org", "Hi\nX: 1", "Hi\rX: 1", "Hi\0X\x1b[31m"])
    def test_lets_nobody_inject_a_header_by_its_subject(self, evil: str) -> None:
        message = sealed(subject=evil).message
        assert message["Bcc"] is None
        assert message["X"] is None

    @pytest.mark.parametrize(
        "evil",
        [
            "a@example.org\r\nBcc: b@example.org",
            "a@b@example.org",
            "a b@example.org",
            "<a@example.org>",
            "a@",
            "@b",
            "a,b@example.org",
        ],
    )
    def test_goes_to_one_address_and_nothing_else(self, evil: str) -> None:
        with pytest.raises(BadAddress):
            sealed(recipient=evil)

    @pytest.mark.parametrize("name", ["Evil\r\nBcc: x@example.org", 'Quoted "name", with; marks', "Zoë"])
    def test_carries_any_display_name(self, name: str) -> None:
        message = sealed(sender=f'"{name}" <post@afterword.example>').message
        assert message["From"].addresses[0].addr_spec == "post@afterword.example"
        assert message["Bcc"] is None

    def test_names_an_international_domain_in_ascii(self) -> None:
        assert sealed(recipient="leser@bücher.example").recipient == "leser@xn--bcher-kva.example"

    def test_names_an_international_mailbox_as_it_is(self) -> None:
        assert "To: käthe@example.org\r\n".encode() in sealed(recipient="käthe@example.org").data

    def test_drops_what_mail_cannot_carry(self) -> None:
        assert sealed(text="a\0b\rc\x0bd\x85e\n").body("plain") == "ab\nc\nd\ne\n"


class TestAMessageId:
    def test_is_new_each_time_and_in_the_senders_domain(self, settings: object) -> None:
        settings.DEFAULT_FROM_EMAIL = "Somebody <me@letters.example>"  # type: ignore[attr-defined]
        first, second = new_message_id(), new_message_id()
        assert first != second
        assert first.endswith("@letters.example>")
