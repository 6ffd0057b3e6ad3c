"""The law that nothing vanishes, and the alarm where it would."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db.models import F
from django.utils import timezone

from app.accounts.models import User
from app.audit.delivery_proof import prove, unproven
from app.blog.models import Post
from app.mail.submission import SubmissionState
from app.newsletter.announcing import send_publication_notifications
from app.newsletter.models import Delivery, Send, Subscriber
from owed import scheduling
from owed.contrib import prometheus
from owed.models import Effect, Unproven
from owed.testing import drain
from tasks import upkeep
from tests.sinks import Sink

pytestmark = [pytest.mark.django_db, pytest.mark.covers("E6", "X10")]
Readers = Callable[..., list[Subscriber]]
LONG_AGO = timedelta(hours=1)


def told(verbosity: int = 1) -> str:
    out = StringIO()
    call_command("conservation", stdout=out, verbosity=verbosity)
    return out.getvalue()


@pytest.fixture
def delivered(post: Post, readers: Readers, smtp_sink: Sink) -> Post:
    """A post that reached three readers and all else that it was owed to."""
    readers(3)
    drain()
    return post


class TestTheCommand:
    def test_sums_up_what_balances(self, delivered: Post) -> None:
        said = told()
        assert "1 sends: 3 owed = 0 pending + 0 submitting + 3 sent + 0 failed + 0 suppressed + 0 skipped + 0 unknown" in said
        assert f"1 posts: {Effect.objects.filter(about=f'post:{delivered.pk}').count()} owed" in said
        assert "0 failed + 0 pending" in said

    def test_tells_each_account_when_asked(self, delivered: Post) -> None:
        said = told(verbosity=2)
        assert f"send:{delivered.sends.get().pk} of post:{delivered.pk}: 3 owed" in said
        assert f"\npost:{delivered.pk}: " in said

    def test_balances_while_all_is_still_owed(self, post: Post, readers: Readers) -> None:
        readers(3)
        assert "1 posts" in told()
        send_publication_notifications(post.pk, now=timezone.now())
        assert "1 sends: 0 owed" in told()

    def test_names_a_reader_who_was_not_counted(self, delivered: Post) -> None:
        Delivery.objects.first().delete()
        with pytest.raises(CommandError, match=f"of post:{delivered.pk}: 3 candidates, 2 accounted for"):
            told()

    def test_names_a_send_that_calls_itself_finished_too_early(self, delivered: Post) -> None:
        Delivery.objects.filter(pk=Delivery.objects.first().pk).update(state=SubmissionState.PENDING)
        with pytest.raises(CommandError, match="it is finished, and 1 are open"):
            told()

    def test_names_readers_for_whom_no_effect_is_owed_any_more(self, delivered: Post) -> None:
        Send.objects.update(state=Send.State.SENDING)
        Delivery.objects.filter(pk=Delivery.objects.first().pk).update(state=SubmissionState.PENDING)
        with pytest.raises(CommandError, match="1 wait, and no effect is owed that sends them"):
            told()

    def test_names_a_send_of_which_the_next_page_was_lost(self, post: Post) -> None:
        send_publication_notifications(post.pk, now=timezone.now())
        Effect.objects.filter(task="email.page").delete()
        with pytest.raises(CommandError, match="it is expanding, and no page is owed"):
            told()

    def test_names_what_a_publication_never_owed(self, post: Post) -> None:
        Effect.objects.filter(task="social.share").delete()
        with pytest.raises(CommandError, match=rf"post:{post.pk}: social\.share was never owed"):
            told()

    def test_asks_no_news_of_what_was_old_when_it_came(self, author: User) -> None:
        old = Post(title="Old", content="x", author=author)
        old.save()
        old.publish(at=timezone.now() - timedelta(hours=30))
        assert not Effect.objects.filter(task="email.announce").exists()
        assert "1 posts" in told()


class TestTheProof:
    def test_finds_nothing_where_all_was_delivered(self, delivered: Post) -> None:
        assert unproven(now=timezone.now() + LONG_AGO) == {}

    def test_leaves_the_last_minutes_to_the_workers(self, post: Post) -> None:
        assert unproven(now=timezone.now()) == {}

    def test_doubts_what_is_late_and_what_is_dead(self, delivered: Post) -> None:
        Effect.objects.filter(task="search.refresh").update(
            state="waiting", finished_at=None, due_at=F("due_at") - timedelta(minutes=20)
        )
        Effect.objects.filter(task="feeds.follow").update(state="dead")
        why = unproven(now=timezone.now())[f"post:{delivered.pk}"]
        assert why == "search.refresh is waiting; feeds.follow is dead"

    def test_doubts_a_send_that_does_not_balance(self, delivered: Post) -> None:
        Delivery.objects.first().delete()
        assert "3 candidates, 2 accounted for" in unproven(now=timezone.now())[f"post:{delivered.pk}"]

    def test_forgets_after_two_days(self, delivered: Post) -> None:
        Effect.objects.filter(task="feeds.follow").update(state="dead")
        assert unproven(now=timezone.now() + timedelta(hours=49)) == {}

    def test_raises_an_alarm_until_it_finds_what_it_missed(self, delivered: Post, caplog: pytest.LogCaptureFixture) -> None:
        Effect.objects.filter(task="feeds.follow").update(state="dead")
        with caplog.at_level(logging.ERROR, "owed.proof"):
            prove(now=timezone.now())
            prove(now=timezone.now())
        assert [record.message for record in caplog.records] == ["delivery unproven"] * 2
        assert Unproven.objects.get().about == f"post:{delivered.pk}"
        assert b"afterword_unproven 1.0" in prometheus.render()
        Effect.objects.filter(task="feeds.follow").update(state="done")
        prove(now=timezone.now())
        assert b"afterword_unproven 0.0" in prometheus.render()

    def test_is_owed_by_the_clock(self, delivered: Post) -> None:
        assert "upkeep.prove" in {plan.task for plan in scheduling.declared()}
        Effect.objects.filter(task="feeds.follow").update(state="dead")
        upkeep.prove.delay()
        drain()
        assert Unproven.objects.count() == 1
