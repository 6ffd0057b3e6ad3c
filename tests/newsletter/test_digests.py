"""Posts that readers get in a daily or weekly digest: once for each reader and period, by the reader's clock."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from threading import Barrier, Thread
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from app.accounts.models import User
from app.audit.conservation import digests, sends
from app.blog import planned
from app.blog.models import Post
from app.mail.reports import Kind, Report
from app.mail.return_path import number_of, number_proven
from app.mail.submission import NotInDoubt, SubmissionState
from app.newsletter import audience, certificate, steering
from app.newsletter.announcing import announce_again
from app.newsletter.bounces import take
from app.newsletter.digest_sending import send_digests
from app.newsletter.digests import TOO_LATE, make_due
from app.newsletter.errors import NothingFailed, NothingToResend, NotRunning
from app.newsletter.models import Bounce, Delivery, Digest, MailingSettings, Send, Subscriber
from app.newsletter.periods import last_due
from app.newsletter.retention import forget_deliveries, forget_digests
from app.stats import daily
from app.stats.models import DailyCount
from owed import acting
from owed.models import Effect
from owed.testing import drain
from tests import factories
from tests.sinks import Sink

pytestmark = pytest.mark.django_db
Readers = Callable[..., list[Subscriber]]
MONDAY = datetime(2026, 6, 1, 8, 1, tzinfo=UTC)
"""A minute after digests are due in UTC, daily and weekly ones."""


def read(data: bytes) -> EmailMessage:
    message = message_from_bytes(data, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def waiting(author: User, title: str = "Waiting", *, at: datetime = MONDAY - timedelta(hours=10), **fields: object) -> Post:
    """Return a post that was mailed at this time: readers of digests wait for it."""
    post = factories.publish(author, title, **fields)
    drain()
    Send.objects.filter(post=post).update(created_at=at)
    return post


def got(sink: Sink) -> list[tuple[str, str]]:
    return [(mail.recipient, str(read(mail.data)["Subject"])) for mail in sink.captured]


def send_due(now: datetime) -> int:
    made = make_due(now)
    drain()
    return made


class TestTheLastSlot:
    @pytest.mark.parametrize(
        ("now", "zone", "day"),
        [
            ("2026-06-01T07:59+00:00", "UTC", date(2026, 5, 31)),
            ("2026-06-01T08:00+00:00", "UTC", date(2026, 6, 1)),
            ("2026-05-31T20:00+00:00", "Pacific/Auckland", date(2026, 6, 1)),
            ("2026-06-01T14:59+00:00", "America/Los_Angeles", date(2026, 5, 31)),
            # The days on which the clocks of Berlin are put forward and back.
            ("2026-03-29T05:59+00:00", "Europe/Berlin", date(2026, 3, 28)),
            ("2026-03-29T06:00+00:00", "Europe/Berlin", date(2026, 3, 29)),
            ("2026-10-25T06:59+00:00", "Europe/Berlin", date(2026, 10, 24)),
            ("2026-10-25T07:00+00:00", "Europe/Berlin", date(2026, 10, 25)),
        ],
    )
    def test_is_by_the_clock_of_the_reader(self, now: str, zone: str, day: date) -> None:
        found, at = last_due(datetime.fromisoformat(now), ZoneInfo(zone), hour=8, weekday=None)
        assert (found, at.hour) == (day, 8)

    def test_comes_on_each_day_once_also_where_the_hour_is_left_out_or_comes_twice(self) -> None:
        berlin = ZoneInfo("Europe/Berlin")
        for first in (date(2026, 3, 28), date(2026, 10, 24)):
            midnight = datetime.combine(first, time.min, tzinfo=berlin).astimezone(UTC)
            days = {last_due(midnight + timedelta(minutes=5 * n), berlin, hour=2, weekday=None)[0] for n in range(3 * 288)}
            assert days == {first + timedelta(days=number) for number in range(-1, 3)}

    def test_is_on_one_day_of_the_week(self) -> None:
        assert last_due(MONDAY - timedelta(minutes=2), ZoneInfo("UTC"), hour=8, weekday=0)[0] == date(2026, 5, 25)
        assert last_due(MONDAY, ZoneInfo("UTC"), hour=8, weekday=0)[0] == date(2026, 6, 1)
        assert last_due(MONDAY, ZoneInfo("UTC"), hour=8, weekday=6)[0] == date(2026, 5, 31)


class TestADigest:
    def test_has_the_posts_since_the_last_one_and_says_how_to_leave(
        self, author: User, readers: Readers, smtp_sink: Sink
    ) -> None:
        MailingSettings(pk=1, postal_address="1 Quay\nPort Town", reply_to="desk@example.org").save()
        [each], [daily] = readers(1), readers(1, frequency="daily")
        waiting(author, "First", excerpt="Of <ships>.")
        second = waiting(author, "Second", content="A *long* text.")
        waiting(author, "After eight", at=MONDAY - timedelta(seconds=1))
        assert {mail.recipient for mail in smtp_sink.captured} == {each.email}
        smtp_sink.captured.clear()
        assert (send_due(MONDAY), send_due(MONDAY + timedelta(hours=5))) == (1, 0)
        [mail] = smtp_sink.captured
        message = read(mail.data)
        assert (mail.recipient, message["Subject"]) == (daily.email, "Afterword: 2 new posts")
        assert daily.get_absolute_url() in message["List-Unsubscribe"]
        assert (message["List-Unsubscribe-Post"], message["Reply-To"]) == ("List-Unsubscribe=One-Click", "desk@example.org")
        texts = [part.get_content() for kind in ("plain", "html") if (part := message.get_body((kind,)))]
        for text in texts:
            assert text.index("First") < text.index("Second") < text.index("A long text.")
            assert second.get_absolute_url() in text
            assert "Port Town" in text
            assert daily.get_absolute_url() in text
            assert "After eight" not in text
        assert "Of <ships>." in texts[0]
        assert "Of &lt;ships&gt;." in texts[1]
        assert send_due(MONDAY + timedelta(days=1)) == 1
        assert got(smtp_sink)[-1] == (daily.email, "Afterword: 1 new post")

    def test_is_counted_in_the_mailing(self, author: User, readers: Readers, smtp_sink: Sink) -> None:
        readers(2)
        readers(3, frequency="weekly")
        post = waiting(author)
        balance = Send.objects.get().balance()
        assert (balance["candidates"], balance["sent"], balance["digest"]) == (5, 2, 3)
        assert Send.objects.get().is_over
        size = audience.size_of("", post.pk)
        assert (size.readers, size.in_digest) == (5, 3)
        send_due(MONDAY)
        assert Send.objects.get().balance() == balance
        assert not any(each.wrong for each in sends())

    def test_has_the_whole_of_a_post_that_has_no_page(self, author: User, readers: Readers, smtp_sink: Sink) -> None:
        readers(1, frequency="daily")
        draft = factories.write(author, "By email only", content="The *whole* of it. " * 60 + "The end.")
        draft.publish(at=timezone.now(), on_site=False)
        drain()
        Send.objects.update(created_at=MONDAY - timedelta(hours=1))
        send_due(MONDAY)
        message = read(smtp_sink.captured[0].data)
        for kind in ("plain", "html"):
            part = message.get_body((kind,))
            assert part is not None
            assert "The end." in part.get_content()
            assert draft.get_absolute_url() not in part.get_content()

    def test_is_due_by_the_clock_of_each_reader(self, author: User, readers: Readers, smtp_sink: Sink) -> None:
        [there], [here] = readers(1, frequency="daily", time_zone="Asia/Tokyo"), readers(1, frequency="daily")
        [later] = readers(1, frequency="daily", time_zone="No/Such_Zone")
        waiting(author, at=MONDAY - timedelta(days=1))
        send_due(MONDAY - timedelta(hours=9))
        assert got(smtp_sink) == [(there.email, "Afterword: 1 new post")]
        send_due(MONDAY)
        assert {recipient for recipient, _subject in got(smtp_sink)} == {there.email, here.email, later.email}

    def test_is_not_made_without_a_post(self, author: User, readers: Readers, smtp_sink: Sink) -> None:
        readers(1, frequency="daily")
        assert (send_due(MONDAY), Digest.objects.count()) == (0, 0)
        waiting(author)
        Post.objects.get().withdraw()
        assert (send_due(MONDAY), smtp_sink.captured) == (0, [])
        Post.objects.get().publish()
        drain()
        assert send_due(MONDAY + timedelta(days=1)) == 1
        assert len(smtp_sink.captured) == 1


class TestOnce:
    @pytest.mark.django_db(transaction=True)
    def test_is_made_by_two_that_gather_at_the_same_time(self, author: User, readers: Readers, smtp_sink: Sink) -> None:
        readers(40, frequency="daily")
        waiting(author)
        ready, made = Barrier(2), list[int]()

        def gather() -> None:
            try:
                ready.wait(10)
                made.append(make_due(MONDAY))
            finally:
                connection.close()

        both = [Thread(target=gather) for _ in range(2)]
        for thread in both:
            thread.start()
        for thread in both:
            thread.join(30)
        drain()
        assert (sum(made), Digest.objects.count(), len(smtp_sink.captured)) == (40, 40, 40)
        assert set(Digest.objects.values_list("state", flat=True)) == {"sent"}

    def test_is_sent_although_its_effect_runs_twice(self, author: User, readers: Readers, smtp_sink: Sink) -> None:
        readers(2, frequency="daily")
        waiting(author)
        send_due(MONDAY)
        send_digests(list(Digest.objects.values_list("pk", flat=True)))
        assert len(smtp_sink.captured) == 2

    def test_is_in_doubt_after_a_kill_and_not_repeated(self, author: User, readers: Readers, smtp_sink: Sink) -> None:
        killed, next_one = readers(2, frequency="daily")
        post = waiting(author)
        make_due(MONDAY)
        assert Digest.objects.get(subscriber=killed).begin()
        drain()
        assert got(smtp_sink) == [(next_one.email, "Afterword: 1 new post")]
        digest = Digest.objects.get(subscriber=killed)
        assert digest.state == SubmissionState.UNKNOWN
        assert send_due(MONDAY + timedelta(days=1)) == 0
        assert not audience.read("never", post_id=post.pk).found().exists()
        digest.resend()
        drain()
        assert len(smtp_sink.captured) == 2

    def test_holds_after_a_move_to_another_time_zone(self, author: User, readers: Readers, smtp_sink: Sink) -> None:
        [reader] = readers(1, frequency="daily", time_zone="Pacific/Auckland")
        waiting(author, "One", at=MONDAY - timedelta(days=1))
        send_due(MONDAY - timedelta(hours=11))  # 9 in the morning of 1 June in Auckland
        reader.choose_frequency("daily", "America/Los_Angeles")
        waiting(author, "Two", at=MONDAY - timedelta(hours=11))
        assert send_due(MONDAY + timedelta(hours=8)) == 0  # 9 in the morning of the same day in Los Angeles
        assert send_due(MONDAY + timedelta(hours=32)) == 1
        assert [subject for _recipient, subject in got(smtp_sink)] == ["Afterword: 1 new post"] * 2
        assert sorted(Digest.objects.values_list("period", flat=True)) == [date(2026, 6, 1), date(2026, 6, 2)]

    def test_waits_for_a_weekly_reader_who_moved_west(self, author: User, readers: Readers, smtp_sink: Sink) -> None:
        [reader] = readers(1, frequency="weekly", time_zone="Pacific/Auckland")
        # A minute after the week's digest in Auckland, and before it in Los Angeles.
        waiting(author, at=datetime(2026, 5, 24, 20, 1, tzinfo=UTC))
        reader.choose_frequency("weekly", "America/Los_Angeles")
        assert send_due(datetime(2026, 6, 1, 15, 1, tzinfo=UTC)) == 1


class TestDowntime:
    def test_of_days_is_caught_up_by_one_mail(self, author: User, readers: Readers, smtp_sink: Sink) -> None:
        readers(1, frequency="daily")
        for days in (1, 3, 6):
            waiting(author, f"{days} days ago", at=MONDAY - timedelta(days=days, hours=2))
        assert send_due(MONDAY) == 1
        assert [subject for _recipient, subject in got(smtp_sink)] == ["Afterword: 3 new posts"]

    def test_of_more_than_a_week_leaves_out_what_was_due_before(self, author: User, readers: Readers, smtp_sink: Sink) -> None:
        readers(1, frequency="daily")
        readers(1, frequency="weekly")
        old = waiting(author, "Old", at=MONDAY - timedelta(days=14, hours=1))
        waiting(author, "New", at=MONDAY - timedelta(days=5))
        assert send_due(MONDAY) == 2
        assert [subject for _recipient, subject in got(smtp_sink)] == ["Afterword: 1 new post"] * 2
        assert set(Delivery.objects.filter(post=old).values_list("state", "error")) == {("skipped", TOO_LATE)}
        assert all(send.balances for send in Send.objects.all())

    def test_does_not_count_where_a_post_could_not_leave(self, author: User, readers: Readers, smtp_sink: Sink) -> None:
        readers(1, frequency="daily")
        withdrawn, paused = (waiting(author, title, at=MONDAY - timedelta(days=30)) for title in ("Withdrawn", "Paused"))
        withdrawn.withdraw()
        steering.pause(paused.sends.get(), by=None)
        assert (send_due(MONDAY - timedelta(hours=2)), Delivery.objects.filter(state="digest").count()) == (0, 2)
        withdrawn.publish()
        steering.resume(paused.sends.get())
        assert send_due(MONDAY) == 1
        assert got(smtp_sink)[-1][1] == "Afterword: 2 new posts"


class TestWhatChangesMeanwhile:
    def test_a_reader_who_leaves_pauses_or_is_erased_gets_none(self, author: User, readers: Readers, smtp_sink: Sink) -> None:
        left, paused, erased, reading = readers(4, frequency="daily")
        waiting(author)
        left.unsubscribe()
        paused.prefer(wants=[], paused_until=timezone.now() + timedelta(days=9000))
        erased.erase()
        assert send_due(MONDAY) == 1
        assert got(smtp_sink) == [(reading.email, "Afterword: 1 new post")]
        reasons = dict(Delivery.objects.filter(state="skipped").values_list("subscriber", "error"))
        assert reasons == {
            left.pk: "the reader is unsubscribed", paused.pk: "the reader is on pause", None: "the reader was erased",
        }  # fmt: skip

    def test_consent_is_asked_as_each_leaves(self, author: User, readers: Readers, smtp_sink: Sink) -> None:
        left, paused, erased = readers(3, frequency="daily")
        waiting(author)
        make_due(MONDAY)
        left.unsubscribe()
        paused.prefer(wants=[], paused_until=timezone.now() + timedelta(days=1))
        erased.erase()
        stale = Digest.objects.select_related("subscriber").get(subscriber=left)
        assert not stale.begin()
        drain()
        assert smtp_sink.captured == []
        assert set(Digest.objects.values_list("state", flat=True)) == {"skipped"}
        assert Send.objects.get().balance()["skipped"] == 3

    def test_a_withdrawn_post_is_left_out_and_waits(self, author: User, readers: Readers, smtp_sink: Sink) -> None:
        readers(1, frequency="daily")
        kept, withdrawn = waiting(author, "Kept"), waiting(author, "Withdrawn")
        make_due(MONDAY)
        withdrawn.withdraw()
        assert not Digest.objects.get().begin()
        drain()
        body = read(smtp_sink.captured[0].data).get_body(("plain",))
        assert body is not None
        assert kept.title in body.get_content()
        assert withdrawn.title not in body.get_content()
        withdrawn.publish()
        drain()
        assert len(smtp_sink.captured) == 1
        assert send_due(MONDAY + timedelta(days=1)) == 1
        assert got(smtp_sink)[-1][1] == "Afterword: 1 new post"

    def test_without_a_public_post_nothing_is_mailed(self, author: User, readers: Readers, smtp_sink: Sink) -> None:
        readers(1, frequency="daily")
        post = waiting(author)
        make_due(MONDAY)
        post.withdraw()
        drain()
        assert (smtp_sink.captured, Digest.objects.get().state) == ([], "skipped")
        assert Send.objects.get().balance()["digest"] == 1

    @pytest.mark.parametrize(("before", "after"), [("weekly", "daily"), ("weekly", "each"), ("daily", "each")])
    def test_what_waits_goes_out_by_the_new_frequency(
        self, author: User, readers: Readers, smtp_sink: Sink, before: str, after: str
    ) -> None:
        [reader] = readers(1, frequency=before)
        tuesday = MONDAY + timedelta(days=1)
        waiting(author, "Before", at=MONDAY + timedelta(hours=1))
        reader.choose_frequency(after, "")
        assert send_due(tuesday) == 1
        assert got(smtp_sink) == [(reader.email, "Afterword: 1 new post")]
        assert send_due(MONDAY + timedelta(days=7)) == 0

    def test_who_begins_with_digests_gets_no_post_twice(self, author: User, readers: Readers, smtp_sink: Sink) -> None:
        [reader] = readers(1)
        waiting(author, "Mailed")
        reader.choose_frequency("daily", "")
        waiting(author, "Waiting")
        send_due(MONDAY)
        assert got(smtp_sink) == [(reader.email, "Mailed"), (reader.email, "Afterword: 1 new post")]

    def test_a_mailing_that_is_paused_or_cancelled_is_in_no_digest(
        self, author: User, readers: Readers, smtp_sink: Sink
    ) -> None:
        MailingSettings(pk=1, delay=60).save()
        readers(1)
        readers(1, frequency="daily")
        for title in ("Paused", "Cancelled"):
            waiting(author, title)
        paused, cancelled = Send.objects.order_by("pk")
        assert send_due(MONDAY) == 0
        Send.objects.update(starts_at=None)
        steering.pause(paused, by=None)
        assert steering.cancel(cancelled) == 2
        assert send_due(MONDAY) == 0
        steering.resume(paused)
        assert send_due(MONDAY) == 1

    def test_a_mailing_of_digests_alone_can_be_stopped_before_it_begins(
        self, author: User, readers: Readers, smtp_sink: Sink
    ) -> None:
        MailingSettings(pk=1, delay=60).save()
        readers(2, frequency="daily")
        waiting(author)
        send = Send.objects.get()
        assert (send.is_over, send.begins_in > 0) == (False, True)
        assert steering.pause(send, by=None).waiting == 2
        Send.objects.update(starts_at=MONDAY - timedelta(hours=9))
        assert (send_due(MONDAY), Send.objects.get().is_paused) == (0, True)
        steering.resume(send)
        assert (send_due(MONDAY), Send.objects.get().state) == (1 + 1, "finished")

    def test_a_mailing_that_only_waited_to_begin_ends(self, author: User, readers: Readers, smtp_sink: Sink) -> None:
        MailingSettings(pk=1, delay=60).save()
        readers(1, frequency="daily")
        waiting(author)
        Send.objects.update(starts_at=MONDAY - timedelta(hours=9))
        assert (send_due(MONDAY), Send.objects.get().state) == (1, "finished")

    def test_a_mailing_of_which_only_digests_are_left_can_be_stopped(
        self, author: User, readers: Readers, smtp_sink: Sink
    ) -> None:
        readers(1)
        readers(2, frequency="weekly")
        waiting(author)
        send = Send.objects.get()
        assert (send.is_over, send.is_stoppable) == (True, True)
        steering.pause(send, by=None)
        send.refresh_from_db()
        assert not send.finish()
        assert (send_due(MONDAY), Send.objects.get().is_paused) == (0, True)
        assert steering.cancel(send) == 2
        with pytest.raises(NotRunning):
            steering.cancel(send)
        assert Send.objects.get().balances

    def test_the_last_single_mail_does_not_end_a_pause(self, author: User, readers: Readers, smtp_sink: Sink) -> None:
        [each], _weekly = readers(1), readers(1, frequency="weekly")
        waiting(author)
        Send.objects.update(state="sending", finished_at=None)
        Delivery.objects.filter(subscriber=each).update(state="submitting")
        send = Send.objects.get()
        steering.pause(send, by=None)
        Delivery.objects.filter(subscriber=each).update(state="sent")
        assert not send.finish()
        assert (send_due(MONDAY), Send.objects.get().is_paused) == (0, True)


class TestARestoredCopy:
    def test_holds_the_digests_of_what_waited_in_the_backup(
        self, author: User, readers: Readers, smtp_sink: Sink, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        readers(1, frequency="daily")
        [here] = readers(1, frequency="daily", wants=["site"])
        waiting(author)
        monkeypatch.setattr(planned, "_restored_at", [lambda: MONDAY - timedelta(hours=1)])
        assert send_due(MONDAY) == 2
        assert smtp_sink.captured == []
        held = Effect.objects.get(state="held")
        assert (held.decided_by, held.task) == ("restore", "email.digests")
        acting.RELEASE.act_on([held.pk], acting.Decision(by="editor"))
        drain()
        assert len(smtp_sink.captured) == 2
        waiting(author, "Later", at=MONDAY + timedelta(hours=1))
        assert send_due(MONDAY + timedelta(days=1)) == 2
        assert [recipient for recipient, _subject in got(smtp_sink)].count(here.email) == 2


class TestRetries:
    def test_leave_out_who_gets_the_post_in_a_digest(self, author: User, readers: Readers, smtp_sink: Sink) -> None:
        [reader] = readers(1)
        post = waiting(author)
        Delivery.objects.update(state="failed")
        reader.choose_frequency("daily", "")
        announce_again(post.pk, 2, by=None, now=MONDAY - timedelta(hours=2))
        drain()
        first = Send.objects.get(round=1)
        with pytest.raises(NothingFailed):
            steering.retry_failed(first)
        with pytest.raises(NothingToResend):
            steering.resend(first.deliveries.get())
        assert send_due(MONDAY) == 1

    def test_of_a_digest_leave_out_what_the_reader_got_since(self, author: User, readers: Readers, smtp_sink: Sink) -> None:
        [reader] = readers(1, frequency="daily")
        again, _kept = waiting(author, "Again"), waiting(author, "Kept")
        make_due(MONDAY)
        Digest.objects.update(state="failed")
        reader.choose_frequency("each", "")
        announce_again(again.pk, 2, by=None, now=timezone.now())
        drain()
        digest = Digest.objects.get()
        digest.resend()
        drain()
        assert [subject for _recipient, subject in got(smtp_sink)] == ["Again", "Afterword: 1 new post"]
        Delivery.objects.filter(digest=digest).update(state="skipped")
        Digest.objects.update(state="failed")
        with pytest.raises(NotInDoubt):
            Digest.objects.get().resend()


class TestReports:
    def test_name_the_digest_by_its_return_path(
        self, author: User, readers: Readers, smtp_sink: Sink, settings: Settings
    ) -> None:
        settings.BOUNCE_ADDRESS = "bounces@mail.afterword.example"
        settings.MAIL_EVENTS = "postmark:hook:secret"
        [reader] = readers(1, frequency="daily")
        waiting(author)
        send_due(MONDAY)
        [mail] = smtp_sink.captured
        number = number_of(mail.sender.upper())
        assert number_proven(read(mail.data)["X-PM-Metadata-copy"]) == number == Digest.objects.get().pk
        assert take(Report(kind=Kind.COMPLAINT, number=number, message_id="", status=""))
        reader.refresh_from_db()
        assert reader.state == Subscriber.State.UNSUBSCRIBED
        assert Bounce.objects.get().message_id == Digest.objects.get().message_id


class TestTheAccount:
    def test_names_what_no_digest_takes(self, author: User, readers: Readers, smtp_sink: Sink) -> None:
        readers(1, frequency="daily")
        waiting(author, at=timezone.now() - timedelta(days=2))
        assert list(digests()) == []
        Send.objects.update(created_at=timezone.now() - timedelta(days=4))
        assert [balance.wrong for balance in digests()] == [("1 copies wait, and no digest was made that has them",)]
        Send.objects.update(paused_at=timezone.now())
        assert list(digests()) == []

    def test_has_what_became_of_each_digest(self, author: User, readers: Readers, smtp_sink: Sink) -> None:
        readers(1, frequency="daily")
        post = waiting(author)
        send_due(MONDAY)
        [line] = [line for octets in certificate._copies(Send.objects.get(), Counter()) for line in octets.splitlines()][1:]
        assert f"{Digest.objects.get().message_id},sent" in line.decode()
        now = timezone.now()
        daily.count_day(now.date(), now + timedelta(hours=1))
        assert DailyCount.objects.get(post=post).delivered == 1

    def test_of_a_worker_that_lost_its_turn_changes_nothing(self, author: User, readers: Readers, smtp_sink: Sink) -> None:
        readers(1, frequency="daily")
        post = waiting(author)
        make_due(MONDAY)
        stale = Digest.objects.get()
        assert Digest.objects.get().begin()
        post.withdraw()
        assert stale.posts() == []
        assert Delivery.objects.get().digest == stale

    def test_knows_a_digest_that_was_put_together_of_other_posts(self, author: User, readers: Readers, smtp_sink: Sink) -> None:
        readers(1, frequency="daily")
        waiting(author)
        gone = waiting(author, "Gone")
        make_due(MONDAY)
        digest = Digest.objects.get()
        assert len(digest.posts()) == 2
        Delivery.objects.filter(post=gone).delete()
        assert not digest.begin()


class TestAnotherMailing:
    def test_is_not_for_those_who_had_it_in_a_digest(self, author: User, readers: Readers, smtp_sink: Sink) -> None:
        mailed, sent, stopped, failed, waits = readers(5, frequency="daily")
        post = waiting(author)
        Delivery.objects.filter(subscriber=waits).update(digest=None)
        make_due(MONDAY)
        drain()
        Digest.objects.filter(subscriber=failed).update(state="failed")
        Digest.objects.filter(subscriber=waits).update(state="pending")
        assert list(audience.read("never", post_id=post.pk).found()) == [failed]
        Delivery.objects.filter(subscriber=mailed).update(state="sent", digest=None)
        for reader in (stopped, mailed):
            reader.refresh_from_db()
        stopped.choose_frequency("each", "")
        announce_again(post.pk, 2, by=None, now=timezone.now())
        drain()
        again = Send.objects.get(round=2)
        assert (again.balance()["skipped"], again.balance()["digest"], again.balances) == (4, 1, True)
        assert [recipient for recipient, _subject in got(smtp_sink)].count(sent.email) == 1
        assert again.deliveries.get(state="digest").subscriber == failed


class TestRefusals:
    def test_of_one_reader_stop_no_other(self, author: User, readers: Readers, smtp_sink: Sink) -> None:
        gone, reading = readers(2, frequency="daily")
        smtp_sink.refuse = lambda recipient: "550 5.1.1 No such mailbox" if recipient == gone.email else None
        waiting(author)
        send_due(MONDAY)
        assert got(smtp_sink) == [(reading.email, "Afterword: 1 new post")]
        assert Digest.objects.get(subscriber=gone).state == "failed"
        gone.refresh_from_db()
        assert gone.state == Subscriber.State.BOUNCED


class TestRetention:
    def test_keeps_a_digest_as_long_as_its_copies(self, author: User, readers: Readers, smtp_sink: Sink) -> None:
        readers(1, frequency="daily")
        waiting(author)
        send_due(MONDAY)
        assert forget_digests(timedelta(0)) == 0
        assert (forget_deliveries(timedelta(0)), forget_digests(timedelta(0))) == (1, 1)
        assert Send.objects.get().balance()["sent"] == 1
        assert send_due(MONDAY + timedelta(days=1)) == 0

    def test_spares_what_waits_for_a_digest_or_its_mail(self, author: User, readers: Readers, smtp_sink: Sink) -> None:
        readers(1, frequency="daily")
        [weekly] = readers(1, frequency="weekly")
        waiting(author)
        make_due(MONDAY)
        Delivery.objects.filter(subscriber=weekly).update(digest=None)
        Digest.objects.filter(subscriber=weekly).delete()
        assert forget_deliveries(timedelta(0)) == 0
        assert send_due(MONDAY) == 1
        assert len(smtp_sink.captured) == 2
