"""Deliveries against servers that refuse, hang and cut the line."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction
from django.utils import timezone

from app.blog.models import Post
from app.mail import conversation
from app.newsletter import mailing_run
from app.newsletter.announcing import expand, send_publication_notifications
from app.newsletter.delivering import Deferred, deliver
from app.newsletter.models import Delivery, Send, Subscriber
from app.newsletter.windows import settle_and_take
from owed import Later
from owed.models import Effect
from owed.testing import drain, owes
from tests.sinks import CUT, HANG, RESET, FaultyServer, Sink
from tests.waiting import wait_until

pytestmark = [pytest.mark.django_db, pytest.mark.covers("E6", "X9")]
Readers = Callable[..., list[Subscriber]]


@pytest.fixture
def ids(post: Post, readers: Readers) -> list[int]:
    """Five deliveries that are owed."""
    readers(5)
    send = send_publication_notifications(post.pk, now=timezone.now())
    assert send
    expand(send.pk, after=0)
    return list(Delivery.objects.order_by("pk").values_list("pk", flat=True))


@pytest.fixture(params=["one by one", "pipelining"])
def pipelining(request: pytest.FixtureRequest, faulty: FaultyServer) -> None:
    """Offer RFC 2920, or not."""
    if request.param == "pipelining":
        faulty.extensions = [*faulty.extensions, "PIPELINING"]


@pytest.fixture(autouse=True)
def impatience(monkeypatch: pytest.MonkeyPatch) -> None:
    for phase in conversation.SECONDS:
        monkeypatch.setitem(conversation.SECONDS, phase, 0.5)


def states() -> list[str]:
    return list(Delivery.objects.order_by("pk").values_list("state", flat=True))


def waits_for_a_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")  # within a transaction the first look would be the last
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")
        return bool(cursor.fetchone()[0])


def copies(server: FaultyServer) -> list[bytes]:
    return [re.findall(rb"^Message-ID: (\S+)", each, re.MULTILINE)[0] for each in server.accepted]


@pytest.mark.usefixtures("pipelining")
class TestBeforeTheDot:
    @pytest.mark.parametrize("phase", ["banner", "ehlo", "mail", "rcpt", "data"])
    @pytest.mark.parametrize("fault", [HANG, CUT, RESET, "451 4.3.0 later", "421 4.3.2 bye"])
    def test_all_is_tried_again_and_arrives_once(self, faulty: FaultyServer, ids: list[int], phase: str, fault: str) -> None:
        faulty.faults = {phase: fault}
        with pytest.raises(Deferred):
            deliver(ids)
        assert states() == ["pending"] * 5
        assert faulty.accepted == []
        faulty.heal()
        deliver(ids)
        assert states() == ["sent"] * 5
        assert len(set(copies(faulty))) == 5

    @pytest.mark.parametrize("phase", ["mail", "auth"])
    def test_a_refused_sender_costs_no_reader_the_post(self, faulty: FaultyServer, ids: list[int], phase: str) -> None:
        faulty.faults = {"mail": "550 5.7.1 not you"}
        with pytest.raises(Deferred, match=r"550 5\.7\.1 at mail"):
            deliver(ids)
        assert states() == ["pending"] * 5

    def test_one_refused_reader_does_not_fail_the_others(self, faulty: FaultyServer, ids: list[int]) -> None:
        faulty.faults = {"rcpt": lambda line: {"r1@": "550 5.7.1 policy", "r3@": "450 4.2.0 greylisted"}.get(line[9:12])}
        with pytest.raises(Deferred):
            deliver(ids)
        assert states() == ["sent", "failed", "sent", "pending", "sent"]
        assert Delivery.objects.get(pk=ids[1]).error == "550 5.7.1 at rcpt"
        assert Subscriber.objects.get(email="r1@example.org").state == "confirmed"
        faulty.heal()
        deliver(ids)
        assert states() == ["sent", "failed", "sent", "sent", "sent"]
        assert len(faulty.accepted) == len(set(copies(faulty))) == 4
        assert Send.objects.get().state == "finished"

    def test_a_mailbox_that_does_not_exist_is_not_written_to_again(self, faulty: FaultyServer, ids: list[int]) -> None:
        faulty.faults = {"rcpt": lambda line: "550 5.1.1 who?" if "r2@" in line else None}
        deliver(ids)
        assert Subscriber.objects.get(email="r2@example.org").state == "bounced"
        assert Subscriber.objects.confirmed().count() == 4

    @pytest.mark.parametrize("phase", ["rcpt", "data", "dot"])
    @pytest.mark.parametrize(
        ("reply", "state"),
        [
            ("550 5.1.1 who?", "bounced"),
            ("550 5.1.2 no such host", "bounced"),
            ("550 5.1.6 moved", "bounced"),
            ("550 5.1.10 recipient not found", "bounced"),
            ("550 5.1.0 address rejected", "confirmed"),
            ("550 5.1.7 bad sender", "confirmed"),
            ("550 5.1.8 sender rejected", "confirmed"),
            ("550 5.2.1 disabled", "confirmed"),
            ("552 5.2.2 full", "confirmed"),
            ("550 5.7.1 policy, not 5.1.1", "confirmed"),
            ("554 5.0.0 no", "confirmed"),
            ("550 no such user 5.1.1", "confirmed"),
        ],
    )
    def test_only_an_address_at_fault_ends_a_subscription(
        self, faulty: FaultyServer, ids: list[int], phase: str, reply: str, state: str
    ) -> None:
        faulty.faults = {phase: reply}
        deliver(ids[:1])
        delivery = Delivery.objects.get(pk=ids[0])
        assert delivery.subscriber
        assert (delivery.state, delivery.subscriber.state) == ("failed", state)

    def test_a_refusal_for_now_ends_no_subscription(self, faulty: FaultyServer, ids: list[int]) -> None:
        faulty.faults = {"rcpt": "450 5.1.1 not now"}
        with pytest.raises(Deferred):
            deliver(ids[:1])
        assert Subscriber.objects.confirmed().count() == 5

    def test_the_ledger_tries_again_and_shows_no_address(self, faulty: FaultyServer, ids: list[int]) -> None:
        faulty.faults = {"rcpt": lambda line: f"450 4.2.0 {line} is greylisted"}
        drain()
        effect = owes("email.deliver").get()
        assert (effect.state, effect.attempt) == ("waiting", 1)
        assert effect.error == "Deferred: 450 4.2.0 at rcpt"


@pytest.mark.covers("A8")
class TestAfterTheDot:
    @pytest.mark.usefixtures("pipelining")
    @pytest.mark.parametrize("fault", [CUT, RESET, HANG])
    def test_a_doubt_is_shown_and_never_repeated_by_itself(self, faulty: FaultyServer, ids: list[int], fault: str) -> None:
        faulty.faults = {"dot": fault}
        deliver(ids[:2])
        assert states() == ["unknown", "unknown", "pending", "pending", "pending"]
        faulty.heal()
        deliver(ids)
        deliver(ids)
        assert states() == ["unknown", "unknown", "sent", "sent", "sent"]
        assert len(copies(faulty)) == len(set(copies(faulty))) == 5
        assert Send.objects.get().state == "finished"
        assert Send.objects.get().balances

    @pytest.mark.usefixtures("pipelining")
    @pytest.mark.parametrize(("reply", "state"), [("554 5.6.0 spam", "failed"), ("451 4.3.0 later", "pending")])
    def test_an_answer_leaves_no_doubt(self, faulty: FaultyServer, ids: list[int], reply: str, state: str) -> None:
        faulty.faults = {"dot": reply}
        if state == "pending":
            with pytest.raises(Deferred):
                deliver(ids)
        else:
            deliver(ids)
        assert states() == [state] * 5

    def test_a_dead_sender_leaves_one_row_in_doubt(self, smtp_sink: Sink, ids: list[int]) -> None:
        Delivery.objects.get(pk=ids[0]).begin()
        deliver(ids)
        assert states() == ["unknown", "sent", "sent", "sent", "sent"]
        assert len(smtp_sink.captured) == 4

    def test_the_truth_of_a_late_sender_wins_over_the_doubt(self, ids: list[int]) -> None:
        late, next_attempt = Delivery.objects.get(pk=ids[0]), Delivery.objects.get(pk=ids[0])
        late.begin()
        next_attempt.refresh_from_db()
        assert next_attempt.doubt()
        assert late.settle("sent")  # type: ignore[arg-type]
        assert states()[0] == "sent"

    def test_a_late_sender_cannot_close_what_was_reopened(self, ids: list[int]) -> None:
        late, person = Delivery.objects.get(pk=ids[0]), Delivery.objects.get(pk=ids[0])
        late.begin()
        person.refresh_from_db()
        person.doubt()
        person.reopen()
        assert not late.settle("sent")  # type: ignore[arg-type]
        assert states()[0] == "pending"

    @pytest.mark.django_db(transaction=True)
    def test_one_of_two_at_the_same_moment_takes_a_row(self, ids: list[int]) -> None:
        def begin() -> bool:
            try:
                return Delivery.objects.get(pk=ids[0]).begin()
            finally:
                connection.close()

        with ThreadPoolExecutor(1) as pool:
            with transaction.atomic():
                assert Delivery.objects.get(pk=ids[0]).begin()
                other = pool.submit(begin)
                wait_until(waits_for_a_lock)
            assert not other.result()
        assert Delivery.objects.get(pk=ids[0]).attempts == 1

    def test_only_one_of_two_takes_a_row(self, ids: list[int]) -> None:
        one, other = Delivery.objects.get(pk=ids[0]), Delivery.objects.get(pk=ids[0])
        assert [one.begin(), other.begin()] == [True, False]


class TestAMindThatChanges:
    def test_midway_is_honoured_for_the_unsent(self, smtp_sink: Sink, ids: list[int]) -> None:
        def leave(recipient: str) -> None:
            if recipient == "r1@example.org":
                Subscriber.objects.get(email="r3@example.org").unsubscribe()

        smtp_sink.refuse = lambda recipient: None
        deliver(ids[:2])
        leave("r1@example.org")
        deliver(ids)
        assert states() == ["sent", "sent", "sent", "skipped", "sent"]
        assert smtp_sink.to("r3@example.org") == []
        assert Delivery.objects.get(pk=ids[3]).error == "the reader is unsubscribed"

    def test_at_the_last_moment_is_honoured_by_the_claim_itself(self, smtp_sink: Sink, ids: list[int]) -> None:
        delivery = Delivery.objects.select_related("subscriber").get(pk=ids[0])
        assert delivery.subscriber
        delivery.subscriber.unsubscribe()
        assert settle_and_take([], [delivery.pk], journal="") == []

    def test_of_the_writer_stops_the_rest(self, smtp_sink: Sink, ids: list[int], post: Post) -> None:
        deliver(ids[:2])
        post.withdraw()
        deliver(ids)
        assert states() == ["sent", "sent", "withheld", "withheld", "withheld"]
        assert Send.objects.get().balances


class TestALongRun:
    def test_goes_on_in_another_when_its_time_is_used_up(
        self, smtp_sink: Sink, ids: list[int], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(mailing_run, "BUDGET", -1.0)
        with pytest.raises(Later):
            deliver(ids)
        monkeypatch.undo()
        deliver(ids)
        assert states() == ["sent"] * 5

    def test_ends_before_the_effects_hard_limit(self) -> None:
        from app.mail.courier import PATIENCE
        from owed import registry

        assert mailing_run.BUDGET < PATIENCE
        assert registry.get("email.deliver").timeout > PATIENCE + 30


class TestTheRequest:
    @pytest.mark.covers("G11", "G13")
    def test_pays_nothing_for_a_dead_mail_server(self, faulty: FaultyServer, ids: list[int]) -> None:
        faulty.faults = {"banner": HANG}
        drain()
        assert states() == ["pending"] * 5
        assert Effect.objects.filter(task="search.refresh", state="done").exists()
        faulty.heal()
        Effect.objects.filter(finished_at=None).update(state="ready")
        drain()
        assert states() == ["sent"] * 5
        assert len(set(copies(faulty))) == 5
