"""Rows of a mailing are settled and taken in one statement, which asks what holds at that moment."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from app.blog.models import Post
from app.mail.submission import SubmissionState
from app.newsletter.announcing import expand, send_publication_notifications
from app.newsletter.delivering import deliver
from app.newsletter.editions import EDITIONS
from app.newsletter.mailing_run import PACE
from app.newsletter.models import Delivery, Send, Subscriber
from app.newsletter.steering import pause
from app.newsletter.windows import settle_and_take
from owed import Later
from tests.sinks import FaultyServer, Sink
from tests.waiting import wait_until

pytestmark = [pytest.mark.django_db, pytest.mark.covers("E6", "X9")]
Readers = Callable[..., list[Subscriber]]


@pytest.fixture
def ids(post: Post, readers: Readers) -> list[int]:
    """Three deliveries that are owed."""
    readers(3)
    send = send_publication_notifications(post.pk, now=timezone.now())
    assert send
    expand(send.pk, after=0)
    return list(Delivery.objects.order_by("pk").values_list("pk", flat=True))


def taken(ids: list[int]) -> list[int]:
    return [each.id for each in settle_and_take([], ids, journal="j")]


def states() -> list[str]:
    return list(Delivery.objects.order_by("pk").values_list("state", flat=True))


class TestARow:
    def test_is_taken_with_what_its_mail_needs(self, ids: list[int]) -> None:
        first = settle_and_take([], ids, journal="j")[0]
        delivery = Delivery.objects.get(pk=ids[0])
        assert (delivery.state, delivery.attempts, delivery.journal, first.attempt) == ("submitting", 1, "j", 1)
        assert (first.reader.email, first.reader.message_id) == ("r0@example.org", delivery.message_id)
        assert delivery.submitted_at is not None

    def test_is_found_by_its_id_in_a_table_without_statistics(self, post: Post, readers: Readers) -> None:
        """A mailing is written in a moment and sent in the next, before the database has counted its rows."""
        with connection.cursor() as cursor:
            # What earlier tests left in an index would count as its size.
            cursor.execute("REINDEX TABLE newsletter_subscriber")
        readers(1000)
        send = send_publication_notifications(post.pk, now=timezone.now())
        assert send
        expand(send.pk, after=0)
        with CaptureQueriesContext(connection) as queries:
            first = settle_and_take([], list(Delivery.objects.values_list("pk", flat=True)[:10]), journal="j")
            settle_and_take([each.became(SubmissionState.SENT) for each in first], [], journal="j")
        for statement in (each["sql"] for each in queries if "SET state" in each["sql"]):
            with connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN {statement}")
                plan = "\n".join(line for (line,) in cursor.fetchall())
            # Among a thousand rows nothing is known of, a skip scan of the list's order costs the same as the primary key.
            assert "newsletter_subscriber_pkey" in plan or "Index Scan using subscriber_newest" in plan, plan
            assert "Seq Scan on newsletter_subscriber" not in plan
            assert "subscriber_confirmed" not in plan
            assert "delivery_open" not in plan
            assert "delivery_balance" not in plan

    @pytest.mark.django_db(transaction=True)
    def test_is_taken_by_one_of_two(self, ids: list[int]) -> None:
        def other() -> list[int]:
            try:
                return taken(ids)
            finally:
                connection.close()

        with ThreadPoolExecutor(1) as pool:
            with transaction.atomic():
                assert taken(ids) == ids
                late = pool.submit(other)
                wait_until(waits_for_a_lock)
            assert late.result() == []
        assert set(Delivery.objects.values_list("attempts", flat=True)) == {1}

    @pytest.mark.parametrize("state", ["unsubscribed", "bounced", "pending"])
    def test_is_not_taken_of_a_reader_who_left(self, ids: list[int], state: str) -> None:
        Subscriber.objects.filter(email="r1@example.org").update(state=state)
        assert taken(ids) == [ids[0], ids[2]]

    def test_is_not_taken_of_a_reader_who_was_erased(self, ids: list[int]) -> None:
        Subscriber.objects.get(email="r1@example.org").erase()
        assert taken(ids) == [ids[0], ids[2]]

    def test_is_not_taken_of_a_post_that_was_withdrawn(self, ids: list[int], post: Post) -> None:
        post.withdraw()
        assert taken(ids) == []

    def test_is_not_taken_in_a_pause(self, ids: list[int], post: Post) -> None:
        pause(Send.objects.get(), by=post.author_id)
        assert taken(ids) == []

    def test_is_not_taken_before_the_mailing_begins(self, ids: list[int]) -> None:
        Send.objects.update(starts_at=timezone.now() + timedelta(minutes=1))
        assert taken(ids) == []
        with pytest.raises(Later):
            deliver(ids)
        Send.objects.update(starts_at=timezone.now() - timedelta(seconds=1))
        assert taken(ids) == ids

    def test_is_settled_while_the_next_is_taken(self, ids: list[int]) -> None:
        [first] = settle_and_take([], ids[:1], journal="j")
        [second] = settle_and_take([first.became(SubmissionState.SENT)], ids[1:2], journal="j")
        settle_and_take([second.became(SubmissionState.PENDING, "450 at rcpt")], [], journal="j")
        assert states() == ["sent", "pending", "pending"]
        assert Delivery.objects.get(pk=ids[1]).error == "450 at rcpt"
        assert [each.finished_at is None for each in Delivery.objects.order_by("pk")] == [False, True, True]

    def test_is_not_closed_by_the_outcome_of_an_attempt_before(self, ids: list[int]) -> None:
        [late] = settle_and_take([], ids[:1], journal="j")
        person = Delivery.objects.get(pk=ids[0])
        person.doubt()
        person.reopen()
        [again] = settle_and_take([], ids[:1], journal="k")
        settle_and_take([late.became(SubmissionState.SENT)], [], journal="j")
        assert states()[0] == "submitting"
        settle_and_take([again.became(SubmissionState.SENT)], [], journal="k")
        assert states()[0] == "sent"

    def test_that_was_believed_lost_is_settled_by_the_truth(self, ids: list[int]) -> None:
        [late] = settle_and_take([], ids[:1], journal="j")
        Delivery.objects.get(pk=ids[0]).doubt()
        settle_and_take([late.became(SubmissionState.SENT)], [], journal="j")
        assert states()[0] == "sent"


class TestARun:
    def test_mails_the_post_as_it_is_now(self, smtp_sink: Sink, ids: list[int], post: Post) -> None:
        deliver(ids[:1])
        post.revise(title="Better")
        deliver(ids)
        assert [str(each.message["Subject"]) for each in smtp_sink.captured] == ["Owed & “kept”", "Better", "Better"]

    def test_compiles_a_post_once(self, smtp_sink: Sink, ids: list[int], django_assert_num_queries: object) -> None:
        deliver(ids[:1])
        version = settle_and_take([], ids[1:2], journal="j")[0].version
        with django_assert_num_queries(0):  # type: ignore[operator]
            EDITIONS.of(version)

    def test_uses_the_connection_of_the_run_before(self, smtp_sink: Sink, ids: list[int]) -> None:
        for pk in ids:
            deliver([pk])
        assert len({each.connection for each in smtp_sink.captured}) == 1

    def test_opens_a_connection_where_the_kept_one_is_gone(self, faulty: FaultyServer, ids: list[int]) -> None:
        deliver(ids[:1])
        faulty.faults = {"mail": lambda line: "421 idle" if faulty.connections == 1 else None}
        deliver(ids)
        assert (len(faulty.accepted), faulty.connections) == (3, 2)

    def test_asks_for_the_next_with_the_last_dot_where_the_server_pipelines(self, faulty: FaultyServer, ids: list[int]) -> None:
        faulty.extensions = ["PIPELINING"]
        PACE.size = 10
        deliver(ids)
        verbs = [line.split(" ")[0].upper() for line in faulty.commands if line]
        assert verbs == ["EHLO", *["MAIL", "RCPT", "DATA"] * 3]
        assert states() == ["sent"] * 3

    def test_sends_nothing_to_a_server_that_asks_for_the_text_of_a_refused_one(
        self, faulty: FaultyServer, ids: list[int]
    ) -> None:
        faulty.extensions = ["PIPELINING"]
        faulty.faults = {"rcpt": lambda line: "550 5.7.1 no" if "r1@" in line else None, "data": "354 go on"}
        PACE.size = 10
        deliver(ids)
        assert states() == ["sent", "failed", "sent"]
        assert len(faulty.accepted) == 2


def waits_for_a_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")
        return bool(cursor.fetchone()[0])
