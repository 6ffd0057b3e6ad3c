"""Reports about mails, as mail servers write them, and the return path that proves what they are about."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from app.mail.reports import Report, read_report
from app.mail.return_path import number_of, return_path
from tests.mail.reports import COMPLAINT, EXCHANGE, GLOBAL, GMAIL, POSTFIX, VACATION, written

pytestmark = pytest.mark.covers("E6")
OURS = "<4f@afterword.example>"


@pytest.fixture(autouse=True)
def bounce_address(settings: Settings) -> None:
    settings.BOUNCE_ADDRESS = "bounces@mail.afterword.example"


def read(text: str, **facts: str) -> Report:
    report = read_report(written(text, **{"about": OURS, **facts}))
    assert report is not None
    return report


class TestAReport:
    @pytest.mark.parametrize("text", [POSTFIX, EXCHANGE, GMAIL, GLOBAL], ids=["postfix", "exchange", "gmail", "global"])
    @pytest.mark.parametrize(
        ("action", "status", "kind"),
        [
            ("failed", "5.1.1", "gone"), ("failed", "5.1.10", "gone"), ("Failed", "5.2.2", "failed"),
            ("failed", "5.7.1", "failed"), ("failed", "4.4.7", "failed"), ("delayed", "4.4.1", "accepted"),
            ("relayed", "2.1.9", "accepted"), ("delivered", "2.1.5", "accepted"), ("expanded", "2.1.5", "accepted"),
        ],
    )  # fmt: skip
    def test_says_what_became_of_a_message(self, text: str, action: str, status: str, kind: str) -> None:
        report = read(text, action=action, status=status)
        assert (report.kind, report.status, report.message_id, report.number) == (kind, status, OURS, None)

    @pytest.mark.parametrize("text", [POSTFIX, EXCHANGE, GMAIL, GLOBAL, COMPLAINT])
    def test_names_the_message_by_its_return_path(self, text: str) -> None:
        assert read(text, back=return_path(1234), action="abuse" if text is COMPLAINT else "failed").number == 1234

    def test_names_it_by_the_envelope_alone(self) -> None:
        report = read_report(written(POSTFIX, about="a digest"), recipient=return_path(77).upper())
        assert report is not None
        assert (report.number, report.message_id) == (77, "")

    @pytest.mark.parametrize(("feedback", "kind"), [("abuse", "complaint"), ("fraud", "complaint")])
    def test_is_a_complaint(self, feedback: str, kind: str) -> None:
        assert read(COMPLAINT, action=feedback).kind == kind

    @pytest.mark.parametrize(
        "octets",
        [
            written(VACATION, about=OURS), written(COMPLAINT, about=OURS, action="not-spam"),
            written(POSTFIX, about=OURS, action="unheard-of"), written(POSTFIX, about="none"), b"", b"\xff\0\r\n\r\n",
            written(POSTFIX, about=OURS).replace(b"multipart/report", b"multipart/mixed"),
        ],
    )  # fmt: skip
    def test_is_nothing_else(self, octets: bytes) -> None:
        assert read_report(octets) is None

    @given(st.binary(max_size=60), st.integers(0, 1800))
    def test_is_read_whatever_is_wrong_with_it(self, octets: bytes, at: int) -> None:
        whole = written(POSTFIX, about=OURS)
        read_report(whole[:at] + octets + whole[at:])
        read_report(whole[:at] + octets)

    def test_is_none_with_a_thousand_parts_in_each_other(self) -> None:
        inner = "".join(f"--b{n}\r\nContent-Type: multipart/mixed; boundary=b{n + 1}\r\n\r\n" for n in range(3000))
        assert read_report(f"Content-Type: multipart/report; boundary=b0\r\n\r\n{inner}".encode()) is None


class TestAReturnPath:
    @given(st.integers(1, 2**63 - 1))
    def test_gives_its_number_back(self, number: int) -> None:
        path = return_path(number)
        assert number_of(path) == number_of(path.upper()) == number
        assert len(path.partition("@")[0]) <= 64

    def test_of_another_number_or_key_is_not_known(self, settings: Settings) -> None:
        path = return_path(35)
        assert number_of(path.replace("+z-", "+y-")) is None
        assert number_of(path.replace("+z-", "+0z-")) is None
        assert number_of("bounces+z@mail.afterword.example") is None
        settings.SECRET_KEY = "another " * 8
        assert number_of(path) is None

    def test_of_a_key_before_is_still_known(self, settings: Settings) -> None:
        path, before = return_path(35), settings.SECRET_KEY
        settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another " * 8, [before]
        assert number_of(path) == 35

    def test_is_the_sender_where_none_is_set(self, settings: Settings) -> None:
        settings.BOUNCE_ADDRESS = ""
        assert return_path(35) == ""
