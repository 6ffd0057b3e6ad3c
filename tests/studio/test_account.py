"""The account of a post: one sentence, its channels with troubles first, and polls that cost little."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import QuerySet
from django.test import Client
from django.utils import timezone

from app.blog.models import Post
from app.mail.message import new_message_id
from app.newsletter.models import Delivery, MailingChoice, Send, Subscriber
from app.social.models import Account, SocialPost
from app.studio.troubles import troubled
from owed.models import Attempt, Effect
from tests import factories
from tests.markup import squeezed
from tests.studio.forms import SignedIn
from tests.studio.test_publication import dead, effect

pytestmark = pytest.mark.django_db
LATER = "2031-05-06T07:08:00Z"


@pytest.fixture
def writer(signed_in: SignedIn) -> Client:
    return signed_in("editor")


def become(post: Post, **fields: Any) -> None:
    """Write the row as a verb would have left it, without what follows from the verb."""
    QuerySet.update(Post.objects.filter(pk=post.pk), **fields)


@pytest.fixture
def post(draft: Post) -> Post:
    """A published post of which nothing is owed."""
    become(draft, status="published", published_at="2026-01-02T10:42:00Z")
    Effect.objects.all().delete()
    return draft


def mailing(post: Post, *, state: str = "sending", ended: timedelta = timedelta(0), **numbers: Any) -> Send:
    """Return a mailing with so many deliveries in each state; other names are fields of the mailing."""
    counts = {name: number for name, number in numbers.items() if isinstance(number, int)}
    fields = {name: value for name, value in numbers.items() if name not in counts}
    send = Send.objects.create(post=post, state=state, candidates=sum(counts.values()), **fields)
    at = timezone.now() - ended
    Delivery.objects.bulk_create(
        Delivery(
            send=send,
            post=post,
            state=name,
            message_id=new_message_id(),
            finished_at=None if name == "pending" else at,
            subscriber=reader() if name == "failed" else None,
        )
        for name, number in counts.items()
        for _ in range(number)
    )
    return send


def reader() -> Subscriber:
    return Subscriber.objects.create(email=f"{new_message_id()[1:9]}@example.org", state="confirmed", confirmed_at=LATER)


def shared(post: Post, network: str, state: str, **fields: Any) -> SocialPost:
    account = Account.objects.create(network=network, name=network)
    return SocialPost.objects.create(post=post, account=account, state=state, **fields)


def delivers(share: SocialPost, **fields: Any) -> Effect:
    """Return an effect that brings one share up to date."""
    about = f"post:{share.post_id}"
    named = {"args": {"social_post_id": share.pk}, "key": str(share.pk)}
    return effect(about=about, task="social.deliver", queue="social", **named, **fields)


def failing(**fields: Any) -> Effect:
    """Return an effect of which the last attempt failed, and that waits for the next."""
    found = effect(**{"state": "waiting", "attempt": 1, "error": "OSError", **fields})
    Attempt.objects.create(effect=found, number=1, ended_at=LATER, outcome="retry", error="OSError")
    return found


def page(client: Client, post: Post, **headers: str) -> str:
    return squeezed(client.get(f"/studio/posts/{post.pk}/effects/", headers=headers).content)


def sentence(client: Client, post: Post) -> str:
    return re.findall(r'<p class="sentence"[^>]*>([^<]*)</p>', page(client, post))[-1]


def channels(client: Client, post: Post) -> list[tuple[str, str]]:
    found = page(client, post)
    return re.findall(r'<span class="chip \w+">([^<]*)</span>\s*<a href="#[^"]*">([^<]*)</a>', found)


class TestTheSentence:
    @pytest.mark.parametrize(
        ("fields", "said"),
        [
            ({"status": "draft", "published_at": None}, "Not published yet."),
            ({"status": "scheduled", "publish_at": LATER}, "Scheduled for 6 May 2031, 07:08."),
            ({"status": "withdrawn"}, "Withdrawn from readers."),
            ({"status": "mailed"}, "Published 2 January 2026, 10:42, by email alone."),
            ({}, "Published 2 January 2026, 10:42."),
        ],
    )
    def test_says_what_the_post_is(self, writer: Client, post: Post, fields: dict[str, Any], said: str) -> None:
        become(post, **fields)
        assert sentence(writer, post) == said

    def test_names_the_time_alone_of_what_is_of_today(self, writer: Client, post: Post) -> None:
        now = timezone.now()
        become(post, published_at=now)
        said = sentence(writer, post)
        # At midnight the day may change before the page is written.
        assert said == f"Published {now:%H:%M}." or timezone.now().date() != now.date()

    def test_says_that_no_email_goes_out(self, writer: Client, post: Post) -> None:
        MailingChoice.objects.create(post=post, is_mailed=False)
        assert sentence(writer, post) == "Published 2 January 2026, 10:42, without email."

    def test_says_that_a_mailing_is_about_to_be_made(self, writer: Client, post: Post) -> None:
        effect(about=f"post:{post.pk}", task="email.announce", queue="email")
        assert sentence(writer, post).endswith("The mailing is being prepared.")

    @pytest.mark.parametrize(
        ("numbers", "said"),
        [
            ({"sent": 2, "pending": 3, "ended": timedelta(hours=1)}, "By email: 2 of 5."),
            (
                {"state": "expanding", "sent": 2, "pending": 3},
                "By email: 2 so far, and the list of recipients is still being built.",
            ),
            ({"sent": 2, "pending": 3, "paused_at": LATER}, "By email: paused after 2 of 5."),
            ({"state": "cancelled", "sent": 2, "skipped": 3}, "By email: stopped after 2 of 5."),
            ({"state": "finished", "sent": 5}, "By email: all 5."),
            ({"state": "finished"}, "By email: there was no subscriber to send it to."),
            (
                {"state": "finished", "sent": 2, "failed": 1, "unknown": 2},
                "By email: 2 of 5. 1 email failed. 2 emails may not have arrived.",
            ),
        ],
    )
    def test_says_how_far_the_mailing_is(self, writer: Client, post: Post, numbers: dict[str, Any], said: str) -> None:
        mailing(post, **numbers)
        assert sentence(writer, post) == f"Published 2 January 2026, 10:42. {said}"

    def test_says_when_the_mailing_begins(self, writer: Client, post: Post) -> None:
        mailing(post, pending=3, starts_at=timezone.now() + timedelta(seconds=900))
        found = re.search(r"By email: begins in (\d+) s\.$", sentence(writer, post))
        assert found is not None
        assert 0 < int(found[1]) <= 900

    @pytest.mark.parametrize(("numbers", "is_live"), [({"pending": 1}, False), ({"state": "finished", "sent": 1}, True)])
    def test_is_not_read_aloud_while_its_numbers_change(
        self, writer: Client, post: Post, numbers: dict[str, Any], is_live: bool
    ) -> None:
        mailing(post, **numbers)
        assert ('<p class="sentence" role="status">' in page(writer, post)) == is_live

    @pytest.mark.parametrize(("waiting", "said"), [(1, "about 5 s left"), (20, "about 35 s left"), (600, "about 16 min left")])
    def test_estimates_the_rest_by_the_last_half_minute(self, writer: Client, post: Post, waiting: int, said: str) -> None:
        mailing(post, sent=19, pending=waiting, created_at=timezone.now() - timedelta(hours=1))
        assert said in sentence(writer, post)

    def test_ends_with_what_failed(self, writer: Client, post: Post) -> None:
        dead(post)
        assert sentence(writer, post).endswith("1 effect failed for good.")


class TestTheChannels:
    def test_have_those_with_troubles_first(self, writer: Client, post: Post) -> None:
        effect(about=f"post:{post.pk}", state="done", finished_at=LATER)
        effect(about=f"post:{post.pk}", task="email.page", queue="email", state="done", finished_at=LATER)
        mailing(post, state="finished", sent=1, unknown=1)
        delivers(shared(post, "dummy", "pending"))
        shared(post, "webhook", "sent")
        names = [("Needs a look", "Email"), ("Under way", "Networks"), ("Done", "Site and search"), ("Done", "Webhooks")]
        assert channels(writer, post) == names

    @pytest.mark.parametrize(
        ("fields", "label"),
        [
            ({"state": "dead", "finished_at": LATER}, "Needs a look"),
            ({}, "Under way"),
        ],
    )
    def test_tell_the_worst_of_their_effects(self, writer: Client, post: Post, fields: dict[str, Any], label: str) -> None:
        effect(about=f"post:{post.pk}", state="done", finished_at=LATER)
        effect(about=f"post:{post.pk}", **fields)
        assert channels(writer, post) == [(label, "Site and search")]

    @pytest.mark.parametrize(
        ("fields", "label"),
        [
            ({}, "Being retried"),
            ({"state": "running", "attempt": 2}, "Being retried"),
            # It failed once, and has put itself off since.
            ({"attempt": 2, "error": "more to send than one run may take"}, "Under way"),
            ({"state": "held"}, "Under way"),
        ],
    )
    def test_tell_of_a_retry_after_a_failure_alone(
        self, writer: Client, post: Post, fields: dict[str, Any], label: str
    ) -> None:
        failing(about=f"post:{post.pk}", **fields)
        assert channels(writer, post) == [(label, "Site and search")]
        assert ("Failed, or being retried" in page(writer, post)) == (label == "Being retried")

    def test_leave_out_notices_about_the_post(self, writer: Client, post: Post) -> None:
        for task, fields in (("email.comment", {}), ("email.like", {"state": "dead", "finished_at": LATER})):
            effect(about=f"post:{post.pk}", task=task, queue="email", **fields)
        assert channels(writer, post) == []
        assert "being prepared" not in sentence(writer, post)
        mailing(post, state="finished", sent=1)
        assert channels(writer, post) == [("Done", "Email")]

    @pytest.mark.parametrize(
        ("numbers", "label"),
        [
            ({"state": "finished", "sent": 1}, "Done"),
            ({"pending": 1, "paused_at": LATER}, "Paused"),
            ({"pending": 1, "paused_at": LATER, "paused_for": {"refused": 3, "settled": 4}}, "Needs a look"),
            ({"pending": 1}, "Under way"),
        ],
    )
    def test_have_the_mailing_once_its_effects_are_removed(
        self, writer: Client, post: Post, numbers: dict[str, Any], label: str
    ) -> None:
        mailing(post, **numbers)
        assert channels(writer, post) == [(label, "Email")]
        assert [pk for (pk,) in troubled([post.pk])] == [post.pk] * (label == "Needs a look")

    @pytest.mark.parametrize(
        ("state", "owed", "label"),
        [
            ("submitting", {"state": "running", "attempt": 1}, "Under way"),
            ("failed", {"state": "waiting", "attempt": 1}, "Being retried"),
            ("pending", {"state": "held"}, "Paused"),
            ("pending", {"state": "dead", "finished_at": LATER}, "Needs a look"),
            ("unknown", {"state": "discarded", "finished_at": LATER}, "Done"),
            ("pending", None, "Needs a look"),
        ],
    )
    def test_tell_each_share_by_its_own_effects(
        self, writer: Client, post: Post, state: str, owed: dict[str, Any] | None, label: str
    ) -> None:
        if owed is not None:
            delivers(shared(post, "dummy", state), **owed)
        else:
            shared(post, "dummy", state)
        delivers(shared(post, "webhook", "sent"), state="done", finished_at=LATER)
        assert dict(map(reversed, channels(writer, post))) == {"Networks": label, "Webhooks": "Done"}
        assert [pk for (pk,) in troubled([post.pk])] == [post.pk] * (label == "Needs a look")

    def test_count_apart_what_was_withdrawn(self, writer: Client, post: Post) -> None:
        shared(post, "dummy", "withdrawn")
        assert "Withdrawn from 1." in page(writer, post)
        assert "It reached" not in page(writer, post)


class TestTheList:
    def test_has_many_deliveries_in_one_line(self, writer: Client, post: Post) -> None:
        send = mailing(post, sent=5)
        for state in ("done", "done", "done", "ready"):
            over = LATER if state == "done" else None
            effect(about=f"post:{post.pk}", task="email.deliver", queue="email", state=state, finished_at=over)
        shown = page(writer, post)
        assert ("Done: 3" in shown, "Ready: 1" in shown, shown.count("email.deliver")) == (True, True, 1)
        assert f'href="/studio/sends/{send.pk}/">Each copy of the mailing' in shown

    def test_has_each_trouble_before_all_else(self, writer: Client, post: Post) -> None:
        for state in ("done", "done", "done", "done", "dead"):
            effect(about=f"post:{post.pk}", task="email.page", queue="email", state=state, finished_at=LATER)
        failing(about=f"post:{post.pk}", task="feeds.follow", queue="feeds")
        shown = page(writer, post)
        order = [shown.index(each) for each in ("Failed, or being retried", "Retry", "feeds.follow", "Done: 4")]
        assert order == sorted(order)
        assert shown.count("<li id=") == 2


class TestAPoll:
    def test_is_answered_with_nothing_while_nothing_changed(self, writer: Client, post: Post) -> None:
        found = effect(about=f"post:{post.pk}")
        path = f"/studio/posts/{post.pk}/effects/"
        [shown] = re.findall(r'{"Shown": "(\w+)"}', writer.get(path).content.decode())
        asked = {"HX-Request": "true", "Shown": shown}
        same = writer.get(path, headers=asked)
        assert (same.status_code, same.content) == (204, b"")
        Effect.objects.filter(pk=found.pk).update(outcome="put off")
        news = writer.get(path, headers=asked)
        assert (news.status_code, b"put off" in news.content, shown.encode() in news.content) == (200, True, False)

    def test_shows_a_withdrawal_made_elsewhere(self, writer: Client, post: Post) -> None:
        effect(about=f"post:{post.pk}")
        path = f"/studio/posts/{post.pk}/effects/"
        [shown] = re.findall(r'{"Shown": "(\w+)"}', writer.get(path).content.decode())
        become(post, status="withdrawn")
        assert writer.get(path, headers={"HX-Request": "true", "Shown": shown}).status_code == 200

    def test_stays_small_however_many_the_readers(self, writer: Client, post: Post) -> None:
        mailing(post, sent=30, pending=5)
        rows = [Effect(task="email.deliver", queue="email", about=f"post:{post.pk}", kind="external") for _ in range(150)]
        for row in rows:
            row.wake_at = row.due_at = row.created_at = timezone.now()
        Effect.objects.bulk_create(rows)
        answer = writer.get(f"/studio/posts/{post.pk}/effects/", headers={"HX-Request": "true"})
        assert len(answer.content) < 5_000


class TestTheListOfPosts:
    @pytest.mark.parametrize("trouble", ["effect", "email", "share"])
    def test_marks_and_finds_posts_with_troubles(self, writer: Client, post: Post, trouble: str) -> None:
        fine = factories.write(post.author, "All is well")
        effect(about=f"post:{fine.pk}", state="done", finished_at=LATER)
        effect(about="user:7", state="dead", finished_at=LATER)
        if trouble == "effect":
            dead(post)
        elif trouble == "email":
            mailing(post, state="finished", sent=1, unknown=1)
        else:
            shared(post, "dummy", "failed")
        shown = page_of_posts(writer)
        assert (shown.count("Needs a look"), f"/studio/posts/{post.pk}/" in shown) == (1, True)
        only = page_of_posts(writer, troubles="with")
        assert (f"/studio/posts/{post.pk}/" in only, f"/studio/posts/{fine.pk}/" in only) == (True, False)

    def test_agrees_with_the_account_on_an_earlier_mailing(self, writer: Client, post: Post) -> None:
        mailing(post, state="finished", sent=1)
        Send.objects.update(round=2)
        mailing(post, state="finished", failed=1)
        assert channels(writer, post) == [("Needs a look", "Email")]
        assert "1 email failed." in sentence(writer, post)
        Subscriber.objects.update(state="bounced")
        assert channels(writer, post) == [("Done", "Email")]
        assert list(troubled([post.pk])) == []

    def test_agrees_with_the_account_once_the_copies_are_removed(self, writer: Client, post: Post) -> None:
        mailing(post, state="finished", summary={"failed": 1, "sent": 4})
        assert (channels(writer, post), list(troubled([post.pk]))) == ([("Done", "Email")], [])

    def test_agrees_with_the_account_on_an_account_that_was_removed(self, writer: Client, post: Post) -> None:
        shared(post, "dummy", "failed")
        Account.objects.update(removed_at=LATER, active=False)
        assert (channels(writer, post), list(troubled([post.pk]))) == ([("Done", "Networks")], [])

    def test_asks_once_for_a_whole_page(self, writer: Client, post: Post, django_assert_num_queries: Any) -> None:
        ids = [factories.write(post.author, f"Post {number}").pk for number in range(3)]
        with django_assert_num_queries(1):
            assert list(troubled(ids)) == []


def page_of_posts(client: Client, **asked: str) -> str:
    return squeezed(client.get("/studio/", asked).content).split('id="found"')[1]
