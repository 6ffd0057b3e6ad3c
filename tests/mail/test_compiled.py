"""A letter compiled once is, for each reader, the one that Django would have written."""

from __future__ import annotations

import email
import email.policy
import re
import time
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime

import pytest
from django.core.mail import EmailMultiAlternatives
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from app.mail.compiled import Addressee, Compiled
from app.mail.errors import BadAddress, BadMessage
from app.mail.message import Letter, one_line

AT = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
SENDER = "Zoë's letters <post@afterword.example>"
WIDTH = 76
TOKENS = st.text("abcXYZ019-_", min_size=1, max_size=64)
PIECES = st.lists(
    st.one_of(
        st.just("{}"),
        st.sampled_from(
            [".", "..", "\n", "\n.", "\n..\n", " ", " \n", "\t\n", "=", "=3D", "From ", "é", "€" * 30, "x" * 75, "x" * 998]
        ),
        st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=90),
    ),
    max_size=30,
).map("".join)
NAMES = st.one_of(
    st.just(""),
    st.sampled_from(
        ["Ann Reader", 'O"Neill, "Pat"', "Zoë <x@y>", "名前" * 30, "a" * 120, "=?utf-8?q?x?=", "a\r\nBcc: b@example.org", "(c)"]
    ),
    st.text(max_size=60),
)


def letter(text: str, html: str, subject: str, reader: Addressee) -> Letter:
    link = f"https://afterword.example/subscription/{reader.token}/"
    return Letter(
        sender=SENDER,
        recipient=reader.email,
        name=reader.name,
        subject=subject,
        text=text.replace("{}", link),
        html=html.replace("{}", f'<a href="{link}">'),
        message_id=reader.message_id,
        headers={"List-Unsubscribe": f"<{link}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"},
    )


def by_django(written: Letter) -> EmailMessage:
    body, html = (("\n".join(each.splitlines()) + "\n") for each in (written.text, written.html))
    headers = {**written.headers, "Message-ID": written.message_id, "Date": format_datetime(AT)}
    message = EmailMultiAlternatives(one_line(written.subject), body, written.sender, [written.recipient], headers=headers)
    message.attach_alternative(html, "text/html")
    return read(message.message().as_bytes())


def read(data: bytes) -> EmailMessage:
    message = email.message_from_bytes(data, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    assert [part.defects for part in message.walk() if part.defects] == []
    return message


def arrived(wire: bytes) -> bytes:
    """Return what the server keeps of these octets (RFC 5321, 4.5.2)."""
    lines = wire.split(b"\r\n")
    assert b"." not in lines
    return b"\r\n".join(line[1:] if line.startswith(b".") else line for line in lines)


def facts(message: EmailMessage) -> list[object]:
    names = ("From", "Date", "Message-ID", "List-Unsubscribe", "List-Unsubscribe-Post")
    parts = [(part.get_content_type(), str(part.get_content()).replace("\r\n", "\n")) for part in message.iter_parts()]
    # Python folds a long subject with a space before its first word, or between two, that is not there.
    subject = "".join(str(message["Subject"]).split())
    return [*(str(message[name]).strip() for name in names), subject, message["To"].addresses[0].addr_spec, *parts]


class TestACopy:
    @settings(max_examples=40, phases=[Phase.generate])
    @given(text=PIECES, html=PIECES, subject=st.text(max_size=120), name=NAMES, tokens=st.lists(TOKENS, min_size=1, max_size=3))
    def test_is_decoded_what_django_would_have_sent(
        self, text: str, html: str, subject: str, name: str, tokens: list[str]
    ) -> None:
        compiled = Compiled(lambda reader: letter(text, html, subject, reader))
        for number, token in enumerate(tokens):
            reader = Addressee(
                email=f"r{number}@example.org", name=name, token=token, message_id=f"<{number}@afterword.example>"
            )
            parcel = compiled.parcel_for(reader, at=AT)
            data = arrived(parcel.wire)
            message = read(data)
            assert facts(message) == facts(by_django(letter(text, html, subject, reader)))
            assert not re.search(rb"\0|\r(?!\n)|(?<!\r)\n", data)
            assert max(map(len, data.partition(b"\r\n\r\n")[2].split(b"\r\n"))) <= WIDTH
            assert message["Bcc"] is None
            assert (parcel.sender, parcel.recipient) == ("post@afterword.example", reader.email)

    @pytest.mark.parametrize("name", ["Ann Reader", 'O"Neill, "Pat"', "Zoë <x@y>", "名前" * 30, "a" * 120, "(c)", ""])
    def test_is_addressed_to_the_reader_by_name(self, name: str) -> None:
        compiled = Compiled(lambda reader: letter("{}", "{}", "Hi", reader))
        reader = Addressee(email="r@example.org", name=name, token="t", message_id="<1@afterword.example>")
        [address] = read(arrived(compiled.parcel_for(reader, at=AT).wire))["To"].addresses
        # Python reads a name of several encoded words with a space between them.
        assert address.display_name.replace(" ", "") == name.replace(" ", "")
        assert address.addr_spec == "r@example.org"

    def test_beyond_ascii_is_encoded_as_a_whole(self) -> None:
        compiled = Compiled(lambda reader: letter("{}", "{}", "Hi", reader))
        reader = Addressee(email="käthe@example.org", name="", token="t", message_id="<1@afterword.example>")
        parcel = compiled.parcel_for(reader, at=AT)
        assert "To: käthe@example.org\r\n".encode() in parcel.wire
        assert b"/subscription/t/" in parcel.wire.replace(b"=\r\n", b"")

    @pytest.mark.parametrize("evil", ["t\r\nBcc: all@example.org", "t\r\n.\r\nMAIL FROM:<x@example.org>", "t\n.\n"])
    def test_carries_no_header_and_no_command_in_a_token(self, evil: str) -> None:
        compiled = Compiled(lambda reader: letter("{}", "{}", "Hi", reader))
        reader = Addressee(email="r@example.org", name="", token=evil, message_id="<1@afterword.example>")
        with pytest.raises(ValueError, match=r"linefeed|newline"):
            compiled.parcel_for(reader, at=AT)

    @pytest.mark.parametrize("evil", ["a@example.org\r\nDATA", "a@b@example.org", ""])
    def test_goes_to_one_address_and_nothing_else(self, evil: str) -> None:
        compiled = Compiled(lambda reader: letter("{}", "{}", "Hi", reader))
        with pytest.raises(BadAddress):
            compiled.parcel_for(Addressee(email=evil, name="", token="t", message_id="<1@afterword.example>"), at=AT)

    def test_is_refused_where_a_header_that_differs_is_lost(self) -> None:
        fixed = Addressee(email="one@example.org", name="", token="t", message_id="<1@afterword.example>")
        with pytest.raises(BadMessage):
            Compiled(lambda reader: letter("{}", "{}", "Hi", fixed))


@pytest.mark.timed
def test_it_is_written_fifty_times_as_fast_as_django_does() -> None:
    body = "A paragraph of an ordinary length, with some *emphasis* and a [link](https://example.org/).\n\n" * 250 + "{}\n"
    reader = Addressee(email="r@example.org", name="Ann Reader", token="t" * 32, message_id="<1@afterword.example>")
    compiled = Compiled(lambda reader: letter(body, body, "Hi", reader))
    written = letter(body, body, "Hi", reader)

    def django() -> object:
        message = EmailMultiAlternatives(written.subject, written.text, written.sender, [written.recipient])
        message.attach_alternative(written.html, "text/html")
        return message.message().as_bytes()

    ours = cpu_of(lambda: compiled.parcel_for(reader, at=AT), 500)
    assert cpu_of(django, 10) > 50 * ours


def cpu_of(step: object, number: int) -> float:
    """Return the CPU seconds of one, the least of five runs."""
    runs = []
    for _ in range(5):
        began = time.process_time()
        for _ in range(number):
            step()  # type: ignore[operator]
        runs.append((time.process_time() - began) / number)
    return min(runs)
