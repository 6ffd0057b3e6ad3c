"""The search of the captured mail, which costs what the headers weigh."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from django.test import Client

from tests.studio.forms import SignedIn

pytestmark = pytest.mark.django_db
LETTERS = 40


def fill(mailbox: Path, weight: int) -> None:
    for number in range(LETTERS):
        text = f"To: r{number}@example.org\r\nFrom: a@example.org\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe_{number}?=\r\n\r\n"
        (mailbox / f"{weight}-{number}.eml").write_bytes(text.encode() + b"a line of it\r\n" * (weight // 14))


def cost(client: Client, words: str) -> float:
    began = time.process_time()
    page = client.get("/studio/mailbox/", {"q": words}).content.decode()
    assert "r7@example.org" in page
    assert "r8@example.org" not in page
    return time.process_time() - began


class TestASearch:
    def test_does_not_read_the_letters(self, signed_in: SignedIn, mailbox: Path) -> None:
        client = signed_in("editor")
        fill(mailbox, 100)
        cost(client, "grüße 7")
        for path in mailbox.iterdir():
            path.unlink()
        fill(mailbox, 200)
        light = cost(client, "grüße 7")
        for path in mailbox.iterdir():
            path.unlink()
        fill(mailbox, 2_000_000)
        assert cost(client, "GRÜßE 7") < 5 * light + 0.2

    def test_survives_a_letter_that_goes_meanwhile(
        self, signed_in: SignedIn, mailbox: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        fill(mailbox, 300)
        gone = [*mailbox.glob("*.eml"), mailbox / "1-gone.eml"]
        monkeypatch.setattr(Path, "glob", lambda path, pattern: iter(gone))
        page = signed_in("editor").get("/studio/mailbox/?q=r7@").content.decode()
        assert "r7@example.org" in page
