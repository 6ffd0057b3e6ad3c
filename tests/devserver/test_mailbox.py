"""The mail server that keeps everything and delivers nothing."""

from __future__ import annotations

import smtplib
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers import unused_port
from tools.devserver import mailbox


@pytest.fixture
def open_box(tmp_path: Path) -> Iterator[tuple[Path, int]]:
    port = unused_port()
    controller = mailbox.open_mailbox(tmp_path / "mailbox", port)
    controller.start()
    yield tmp_path / "mailbox", port
    controller.stop()


def send(port: int, *recipients: str, body: bytes = b"Subject: Hello\r\n\r\nText\r\n") -> None:
    with smtplib.SMTP("127.0.0.1", port, timeout=10) as client:
        client.sendmail("writer@example.org", recipients, body)


class TestAMailbox:
    def test_stores_a_message_with_its_envelope(self, open_box: tuple[Path, int]) -> None:
        folder, port = open_box
        send(port, "one@example.org", "two@example.org")
        (stored,) = folder.glob("*.eml")
        assert stored.read_bytes() == (
            b"X-Envelope-From: writer@example.org\r\nX-Envelope-To: one@example.org, two@example.org\r\n"
            b"Subject: Hello\r\n\r\nText\r\n"
        )

    def test_is_private(self, open_box: tuple[Path, int]) -> None:
        folder, port = open_box
        send(port, "one@example.org")
        (stored,) = folder.glob("*.eml")
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert stat.S_IMODE(stored.stat().st_mode) == 0o600

    def test_keeps_the_newest_only(self, open_box: tuple[Path, int], monkeypatch: pytest.MonkeyPatch) -> None:
        folder, port = open_box
        monkeypatch.setattr(mailbox, "KEPT", 3)
        for number in range(5):
            (folder / f"{number}-old.eml").write_bytes(b"")
        send(port, "one@example.org")
        names = sorted(path.name for path in folder.glob("*.eml"))
        assert len(names) == 3
        assert names[-1].endswith(".eml")
        assert "4-old.eml" in names

    def test_asks_to_come_again_when_it_cannot_store(self, open_box: tuple[Path, int]) -> None:
        folder, port = open_box
        folder.rmdir()
        with pytest.raises(smtplib.SMTPDataError) as refused:
            send(port, "one@example.org")
        assert refused.value.smtp_code == 452
