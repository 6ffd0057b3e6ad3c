"""Who gets a mailing, what was decided about it, and the time in which it can be stopped."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings

from app.accounts.models import User
from app.blog.models import Post
from app.newsletter import audience, choices, steering
from app.newsletter.announcing import announce_again, expand
from app.newsletter.choices import Wish
from app.newsletter.errors import NoLongerKnown, UnknownAudience
from app.newsletter.models import Delivery, MailingSettings, Segment, Send, Subscriber
from app.newsletter.windows import settle_and_take
from owed.models import Effect
from owed.testing import drain, owes
from tests import factories
from tests.sinks import Sink

pytestmark = pytest.mark.django_db
Readers = Callable[..., list[Subscriber]]


@pytest.fixture
def draft(author: User) -> Post:
    return factories.write(author)


def decide(post: Post, **wish: object) -> None:
    """Publish a post with this decision."""
    decided = Wish(**wish)  # type: ignore[arg-type]
    choices.choose(post.pk, decided, by=post.author_id)
    post.publish(on_site=decided.on_site)


class TestAnAudience:
    def test_is_a_tag_and_reaches_no_one_else(self, draft: Post, readers: Readers, smtp_sink: Sink) -> None:
        readers(3)
        press = readers(2, tags=["press"])
        readers(1, tags=["press"], state="unsubscribed")
        decide(draft, audience=audience.read("tag:press"))
        drain()
        assert sorted(each.recipient for each in smtp_sink.captured) == sorted(each.email for each in press)
        send = Send.objects.get()
        assert (send.audience, send.candidates, send.balances, send.state) == ("#press", 2, True, "finished")

    def test_is_a_segment_as_it_was_when_it_was_decided(self, draft: Post, readers: Readers, smtp_sink: Sink) -> None:
        readers(1, source="page")
        [imported] = readers(1, source="import")
        segment = Segment.objects.create(name="Brought along", filters={"source": "import", "since": "2020-01-01"})
        decided = Wish(audience=audience.read(f"segment:{segment.pk}"))
        segment.delete()
        choices.choose(draft.pk, decided, by=None)
        draft.publish()
        drain()
        assert [each.recipient for each in smtp_sink.captured] == [imported.email]

    def test_of_more_than_a_page_is_complete(self, draft: Post, readers: Readers, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("app.newsletter.announcing.PAGE", 4)
        for _ in range(5):
            readers(1)
            readers(2, tags=["press"])
        decide(draft, audience=audience.read("tag:press"))
        drain()
        assert Send.objects.get().candidates == 10
        assert Delivery.objects.filter(subscriber__tags=["press"]).count() == 10

    @pytest.mark.parametrize(
        "key", ["tag", "tag:", "segment:", "segment:x", "segment:99", "nobody", "never:1", "segment:" + "9" * 80]
    )
    def test_that_is_not_there_is_refused(self, key: str) -> None:
        with pytest.raises(UnknownAudience):
            audience.read(key)

    def test_never_leaves_out_who_got_it_or_may_have_got_it(self, draft: Post, readers: Readers, smtp_sink: Sink) -> None:
        _got, doubtful, refused = readers(3)
        draft.publish()
        drain()
        Delivery.objects.filter(subscriber=doubtful).update(state="unknown")
        Delivery.objects.filter(subscriber=refused).update(state="failed")
        [late] = readers(1)
        send = announce_again(
            draft.pk, 2, by=draft.author_id, now=timezone.now(), audience=audience.read("never", post_id=draft.pk)
        )
        drain()
        again = {each.recipient for each in smtp_sink.captured[3:]}
        assert again == {refused.email, late.email}
        send.refresh_from_db()
        assert (send.candidates, send.balances) == (2, True)

    def test_never_is_not_guessed_from_a_summary(self, draft: Post) -> None:
        Send.objects.create(post=draft, state="finished", finished_at=timezone.now(), summary={"sent": 3})
        with pytest.raises(NoLongerKnown):
            audience.read("never", post_id=draft.pk)


class TestTheDecision:
    def test_to_mail_no_one_mails_no_one(self, draft: Post, readers: Readers) -> None:
        readers(2)
        decide(draft, where="site")
        drain()
        assert (draft.status, Send.objects.count()) == ("published", 0)

    def test_waits_with_a_planned_post(self, draft: Post, readers: Readers, smtp_sink: Sink) -> None:
        readers(1)
        [press] = readers(1, tags=["press"])
        decided = Wish(audience=audience.read("tag:press"), subject="Read this", preview="A line")
        choices.choose(draft.pk, decided, by=draft.author_id)
        draft.schedule(publish_at=timezone.now() + timedelta(hours=1))
        Post.objects.filter(pk=draft.pk).publish_due(timezone.now() + timedelta(hours=2))
        # Its publication lies in the future of this test's clock, in which the announcement is as young.
        drain()
        [mail] = smtp_sink.captured
        assert mail.recipient == press.email
        assert b"Subject: Read this" in mail.data
        assert b"A line" in mail.data

    def test_is_the_publications_where_no_one_decided(self, draft: Post, readers: Readers) -> None:
        readers(2)
        MailingSettings(pk=1, where="site").save()
        draft.publish()
        drain()
        assert not Send.objects.exists()

    def test_of_an_audience_that_is_gone_mails_no_one(self, draft: Post, readers: Readers) -> None:
        readers(2)
        MailingSettings(pk=1, audience="segment:77").save()
        draft.publish()
        drain()
        assert not Send.objects.exists()

    def test_not_to_mail_holds_when_an_interrupted_post_is_published_again(self, draft: Post, readers: Readers) -> None:
        readers(2)
        draft.publish()
        drain()
        Delivery.objects.update(state="withheld")
        draft.withdraw()
        decide(draft, where="site")
        drain()
        assert Delivery.objects.filter(state="withheld").count() == 2
        draft.withdraw()
        decide(draft, where="both")
        drain()
        assert not Delivery.objects.filter(state="withheld").exists()


class TestByEmailOnly:
    def test_reaches_readers_and_shows_nothing_on_the_site(self, draft: Post, readers: Readers, smtp_sink: Sink) -> None:
        readers(2)
        decide(draft, where="email")
        drain()
        assert len(smtp_sink.captured) == 2
        assert (draft.status, Post.objects.public().exists()) == ("mailed", False)
        assert draft.get_absolute_url().encode() not in smtp_sink.captured[0].data
        assert not owes("feeds.follow").exists()
        draft.author.profile.refresh_from_db()
        assert draft.author.profile.published_post_count == 0

    def test_comes_to_the_site_later_and_mails_no_one_again(self, draft: Post, readers: Readers, smtp_sink: Sink) -> None:
        readers(2)
        decide(draft, where="email")
        drain()
        decide(draft, where="both")
        drain()
        assert (draft.status, len(smtp_sink.captured)) == ("published", 2)
        draft.author.profile.refresh_from_db()
        assert draft.author.profile.published_post_count == 1

    def test_is_stopped_by_withdrawing(self, draft: Post, readers: Readers, smtp_sink: Sink) -> None:
        readers(2)
        decide(draft, where="email")
        draft.withdraw()
        drain()
        assert (draft.status, smtp_sink.captured) == ("withdrawn", [])


class TestTheTimeToStop:
    @pytest.fixture
    def waiting(self, draft: Post, readers: Readers, settings: Settings, smtp_sink: Sink) -> Send:
        """A mailing to three that begins in half a minute, everything done that can be done before."""
        settings.MAILING_DELAY = timedelta(seconds=30)
        readers(3)
        draft.publish()
        drain()
        return Send.objects.get()

    def test_lets_nothing_leave_before_it_is_over(self, waiting: Send, smtp_sink: Sink) -> None:
        assert (smtp_sink.captured, waiting.candidates, waiting.state) == ([], 3, "sending")
        assert 25 < waiting.begins_in <= 30
        # Even an effect that an operator runs at once sends nothing: the row says when.
        effect = Effect.objects.get(task="email.deliver")
        assert effect.wake_at >= waiting.starts_at
        assert settle_and_take([], list(waiting.deliveries.values_list("pk", flat=True)), journal="") == []
        begin(waiting)
        drain()
        assert len(smtp_sink.captured) == 3

    def test_is_long_enough_to_stop_it_and_mail_the_rest_later(self, waiting: Send, smtp_sink: Sink) -> None:
        stopped = steering.pause(waiting, by=None)
        assert (stopped.sent, stopped.waiting, stopped.in_doubt) == (0, 3, 0)
        begin(waiting)
        drain()
        assert smtp_sink.captured == []
        steering.resume(waiting)
        drain()
        waiting.refresh_from_db()
        assert (len(smtp_sink.captured), waiting.state) == (3, "finished")

    def test_ends_for_good_by_cancelling(self, waiting: Send, smtp_sink: Sink) -> None:
        assert steering.cancel(waiting) == 3
        begin(waiting)
        drain()
        waiting.refresh_from_db()
        assert (smtp_sink.captured, waiting.state, waiting.balance()["skipped"], waiting.balances) == ([], "cancelled", 3, True)

    def test_is_as_long_as_the_publication_says(self, draft: Post, readers: Readers, smtp_sink: Sink) -> None:
        readers(1)
        MailingSettings(pk=1, delay=120).save()
        draft.publish()
        drain()
        assert 110 < Send.objects.get().begins_in <= 120
        assert smtp_sink.captured == []

    def test_comes_before_a_second_mailing_too(self, waiting: Send, draft: Post) -> None:
        begin(waiting)
        drain()
        again = announce_again(draft.pk, 2, by=draft.author_id, now=timezone.now())
        assert again.begins_in > 25
        assert expand(again.pk, after=0) == 0 or again.deliveries.filter(state="pending").count() == 3


def begin(send: Send) -> None:
    """Let the time be over."""
    past = timezone.now() - timedelta(seconds=1)
    Send.objects.filter(pk=send.pk).update(starts_at=past)
    Effect.objects.filter(finished_at=None).update(due_at=past, wake_at=past, state="ready")
    send.refresh_from_db()
