"""What comes back of a newsletter: doubts are settled, and readers who cannot be reached are let be."""

from __future__ import annotations

import sys
from collections.abc import Callable
from io import BytesIO, StringIO
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from app.audit.conservation import sends
from app.blog.models import Post
from app.mail.reports import read_report
from app.mail.return_path import return_path
from app.newsletter.bounces import take
from app.newsletter.models import Bounce, Confirmation, Delivery, Send, Subscriber
from app.newsletter.steering import resume
from owed.testing import drain
from tests.mail.reports import COMPLAINT, EXCHANGE, POSTFIX, written
from tests.sinks import Sink

pytestmark = [pytest.mark.django_db, pytest.mark.covers("E6")]
Readers = Callable[..., list[Subscriber]]


@pytest.fixture(autouse=True)
def bounce_address(settings: Settings) -> None:
    settings.BOUNCE_ADDRESS = "bounces@mail.afterword.example"


@pytest.fixture
def reader(readers: Readers) -> Subscriber:
    return readers(1)[0]


@pytest.fixture
def delivery(post: Post, reader: Subscriber, smtp_sink: Sink) -> Delivery:
    """A copy that a mail server took."""
    drain()
    return Delivery.objects.get()


def report(octets: bytes) -> bool:
    found = read_report(octets)
    return found is not None and take(found)


def state(reader: Subscriber) -> str:
    reader.refresh_from_db()
    return reader.state


def piped(octets: bytes, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> str:
    """Return what the command says of a message on its standard input."""
    said = StringIO()
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=BytesIO(octets)))
    call_command("read_bounces", *arguments, stdout=said)
    return said.getvalue()


class TestANewsletter:
    def test_has_a_return_path_of_its_own_for_each_reader(self, post: Post, readers: Readers, smtp_sink: Sink) -> None:
        readers(3)
        drain()
        sent = {each.message["Message-ID"]: each.sender for each in smtp_sink.captured}
        wanted = {each.message_id: return_path(each.pk) for each in Delivery.objects.all()}
        assert sent == wanted
        assert len(set(sent.values())) == 3
        assert {each.message["From"].addresses[0].domain for each in smtp_sink.captured} == {"afterword.example"}

    def test_comes_from_the_sender_where_no_address_is_set(
        self, post: Post, readers: Readers, smtp_sink: Sink, settings: Settings
    ) -> None:
        settings.BOUNCE_ADDRESS = ""
        readers(1)
        drain()
        assert smtp_sink.captured[0].sender == "post@afterword.example"


class TestABounce:
    @pytest.mark.parametrize("text", [POSTFIX, EXCHANGE])
    def test_of_a_mailbox_that_is_gone_holds_its_reader_back(self, text: str, delivery: Delivery, reader: Subscriber) -> None:
        assert report(written(text, back=return_path(delivery.pk)))
        assert state(reader) == "bounced"
        bounce = Bounce.objects.get()
        assert (bounce.send_id, bounce.kind, bounce.status) == (delivery.send_id, "gone", "5.1.1")

    def test_is_known_by_its_message_id(self, delivery: Delivery, reader: Subscriber) -> None:
        assert report(written(POSTFIX, about=delivery.message_id))
        assert state(reader) == "bounced"

    def test_that_is_forged_changes_nothing(self, delivery: Delivery, reader: Subscriber) -> None:
        path = return_path(delivery.pk)
        proof = path.partition("-")[2].partition("@")[0]
        for forged in (path.replace(proof, "a" * 20), path.replace(f"-{proof}", ""), "bounces@mail.afterword.example"):
            assert not report(written(POSTFIX, back=forged, about="<guessed@afterword.example>"))
        assert (state(reader), Bounce.objects.count()) == ("confirmed", 0)

    def test_counts_once_however_often_it_is_read(self, delivery: Delivery, reader: Subscriber) -> None:
        octets = written(POSTFIX, back=return_path(delivery.pk))
        assert report(octets)
        assert report(octets)
        assert Bounce.objects.count() == 1

    def test_that_was_lifted_holds_no_one_back_again(self, delivery: Delivery, reader: Subscriber) -> None:
        octets = written(POSTFIX, back=return_path(delivery.pk))
        report(octets)
        reader.refresh_from_db()
        reader.lift()
        report(octets)
        assert state(reader) == "confirmed"

    def test_of_a_full_mailbox_holds_back_after_five_emails(self, delivery: Delivery, reader: Subscriber) -> None:
        for number in range(1, 6):
            assert state(reader) == "confirmed"
            send = Send.objects.create(post=delivery.post, round=number + 1, state="finished")
            copy = Delivery.objects.create(send=send, post=delivery.post, subscriber=reader, state="sent")
            report(written(POSTFIX, about=copy.message_id, status="5.2.2"))
        assert state(reader) == "bounced"

    def test_of_a_delay_holds_no_one_back(self, delivery: Delivery, reader: Subscriber) -> None:
        assert report(written(POSTFIX, about=delivery.message_id, action="delayed", status="4.4.1"))
        assert (state(reader), Bounce.objects.count()) == ("confirmed", 0)

    def test_leaves_an_unsubscribed_reader_unsubscribed(self, delivery: Delivery, reader: Subscriber) -> None:
        reader.unsubscribe()
        report(written(POSTFIX, about=delivery.message_id))
        assert state(reader) == "unsubscribed"

    def test_lets_the_emails_go_that_someone_asks_for(self, delivery: Delivery, reader: Subscriber, smtp_sink: Sink) -> None:
        report(written(POSTFIX, about=delivery.message_id))
        Subscriber.objects.subscribe(reader.email, source="page", consent="yes")
        drain()
        assert [each.message["Subject"] for each in smtp_sink.captured][1:] == ["Please confirm: Afterword by email"]


class TestADoubt:
    @pytest.mark.parametrize(
        ("action", "status", "outcome"),
        [("failed", "5.1.1", "failed"), ("failed", "5.2.2", "failed"), ("delayed", "4.4.1", "sent")],
    )
    def test_is_settled_by_what_comes_back(self, action: str, status: str, outcome: str, delivery: Delivery) -> None:
        Delivery.objects.update(state="unknown", error="no answer after-dot")
        report(written(POSTFIX, back=return_path(delivery.pk), action=action, status=status))
        delivery.refresh_from_db()
        assert (delivery.state, delivery.error) == (
            outcome,
            f"{status} reported by a mail server" if outcome == "failed" else "",
        )
        assert [each.wrong for each in sends()] == [()]

    def test_is_settled_by_a_complaint(self, delivery: Delivery) -> None:
        Delivery.objects.update(state="unknown", error="no answer after-dot")
        report(written(COMPLAINT, about=delivery.message_id, action="abuse"))
        assert Delivery.objects.get().state == "sent"

    def test_before_anyone_called_it_one_ends_the_mailing(self, delivery: Delivery) -> None:
        Delivery.objects.update(state="submitting", finished_at=None)
        Send.objects.update(state="sending", finished_at=None)
        report(written(POSTFIX, about=delivery.message_id))
        assert (Delivery.objects.get().state, Send.objects.get().state) == ("failed", "finished")

    def test_about_a_question_is_settled_too(self, smtp_sink: Sink) -> None:
        Subscriber.objects.subscribe("ann@example.org", source="page", consent="yes")
        drain()
        Confirmation.objects.update(state="unknown")
        assert report(written(POSTFIX, about=Confirmation.objects.get().message_id))
        assert (Confirmation.objects.get().state, Subscriber.objects.get().state) == ("failed", "pending")


class TestAMailing:
    @pytest.fixture
    def running(self, post: Post, readers: Readers, smtp_sink: Sink, settings: Settings) -> Send:
        """A mailing to 40 that goes on, of which 30 were taken by the first server."""
        settings.MAIL_REFUSALS_AMONG, settings.MAIL_REFUSALS_PERCENT = 10, 20
        readers(40)
        drain()
        some = list(Delivery.objects.order_by("pk").values_list("pk", flat=True)[:10])
        Delivery.objects.filter(pk__in=some).update(state="pending", finished_at=None)
        Send.objects.update(state="sending", finished_at=None)
        return Send.objects.get()

    def come_back(self, number: int, *, skip: int = 0) -> None:
        for copy in list(Delivery.objects.filter(state="sent").order_by("pk")[skip : skip + number]):
            assert report(written(POSTFIX, back=return_path(copy.pk), status="5.7.1"))

    def test_is_paused_where_many_come_back(self, running: Send) -> None:
        self.come_back(6)
        running.refresh_from_db()
        assert not running.is_paused
        self.come_back(1, skip=6)
        running.refresh_from_db()
        assert (running.is_paused, running.paused_for) == (True, {"refused": 7, "settled": 30})

    def test_that_is_resumed_goes_on_past_the_same_reports(self, running: Send) -> None:
        self.come_back(7)
        running.refresh_from_db()
        resume(running)
        self.come_back(2, skip=7)
        running.refresh_from_db()
        assert not running.is_paused

    def test_is_not_paused_by_complaints(self, running: Send) -> None:
        for copy in Delivery.objects.filter(state="sent"):
            report(written(COMPLAINT, back=return_path(copy.pk), action="abuse"))
        running.refresh_from_db()
        assert not running.is_paused


class TestAComplaint:
    def test_unsubscribes_once(self, delivery: Delivery, reader: Subscriber) -> None:
        for _ in range(2):
            assert report(written(COMPLAINT, back=return_path(delivery.pk), action="abuse"))
        assert (state(reader), Bounce.objects.get().kind) == ("unsubscribed", "complaint")


class TestTheCommand:
    def test_reads_one_message_that_a_mail_server_pipes(
        self, delivery: Delivery, reader: Subscriber, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        octets = written(POSTFIX)
        assert piped(octets, monkeypatch).startswith("left aside")
        assert piped(octets, monkeypatch, "--recipient", return_path(delivery.pk)) == "gone 5.1.1\n"
        assert state(reader) == "bounced"

    def test_says_nothing_of_addresses(self, delivery: Delivery, monkeypatch: pytest.MonkeyPatch) -> None:
        assert "@" not in piped(written(POSTFIX, about=delivery.message_id), monkeypatch)

    def test_reads_a_maildir_and_moves_what_it_read(self, delivery: Delivery, reader: Subscriber, tmp_path: Path) -> None:
        for folder in ("new", "cur", "tmp"):
            (tmp_path / folder).mkdir()
        (tmp_path / "new" / "1.host").write_bytes(written(POSTFIX, back=return_path(delivery.pk)))
        (tmp_path / "new" / "2.host").write_bytes(b"Subject: spam\r\n\r\nbuy\r\n")
        said = StringIO()
        call_command("read_bounces", "--maildir", str(tmp_path), stdout=said)
        assert said.getvalue().splitlines() == ["gone 5.1.1", "left aside: no report about a message of this site"]
        assert sorted(file.name for file in (tmp_path / "cur").iterdir()) == ["1.host:2,S", "2.host:2,S"]
        assert not list((tmp_path / "new").iterdir())
        assert state(reader) == "bounced"

    def test_refuses_what_is_not_a_maildir(self, tmp_path: Path) -> None:
        with pytest.raises(CommandError, match="is not a Maildir"):
            call_command("read_bounces", "--maildir", str(tmp_path))
