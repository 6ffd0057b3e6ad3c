"""Webhooks against a receiver that checks each call with the official verifier."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from standardwebhooks import Webhook, WebhookVerificationError

from app.blog.models import Post
from app.outbound.errors import Unreachable
from app.social.connecting import connect
from app.social.models import Account, SocialPost
from app.social.networks.outcomes import Declined, Gone, InDoubt
from app.social.networks.webhook import new_secret, signed
from app.social.sharing import deliver, follow, post_to_social_media
from owed import GiveUp, Later
from owed.models import Effect
from owed.testing import drain
from tests.outbound.receiver import Received, Receiver, cuts, hangs, says
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db(transaction=True)

Listening = Callable[..., Receiver]
Hooked = Callable[..., Account]


def verified(account: Account, received: Received) -> dict[str, Any]:
    """Return the event, as a receiver that trusts nobody takes it."""
    event: dict[str, Any] = Webhook(account.secret).verify(received.body, received.headers)
    return event


def shared(post: Post) -> SocialPost:
    """Share the post and return its only row, not delivered yet."""
    post_to_social_media(post)
    Effect.objects.all().delete()
    return SocialPost.objects.get()


def try_again(row: SocialPost) -> SocialPost:
    deliver(row.pk, now=timezone.now())
    row.refresh_from_db()
    return row


class TestEvent:
    @pytest.mark.covers("E8")
    def test_arrives_signed_with_what_a_reader_needs(self, listening: Listening, hooked: Hooked, post: Post) -> None:
        receiver = listening()
        account = hooked(receiver)
        post_to_social_media(post)
        drain()
        event = verified(account, receiver.received[0])
        assert (event["type"], event["data"]["id"], event["data"]["author"]) == ("post.published", post.pk, "ann")
        assert set(event["data"]) == {"id", "url", "title", "excerpt", "author", "published_at"}
        assert event["data"]["url"].endswith(post.get_absolute_url())
        assert (event["data"]["title"], event["data"]["excerpt"]) == ("Ships & “sails”", "Some words about ships.")
        assert b"secret.example" not in receiver.received[0].body

    def test_follows_the_post(self, listening: Listening, hooked: Hooked, post: Post) -> None:
        receiver = listening()
        account = hooked(receiver)
        post_to_social_media(post)
        drain()
        post.revise(title="Better")
        follow([post.pk])
        drain()
        post.withdraw()
        follow([post.pk])
        drain()
        events = [verified(account, each) for each in receiver.received]
        assert [event["type"] for event in events] == ["post.published", "post.revised", "post.withdrawn"]
        assert [event["data"]["title"] for event in events[1:]] == ["Better", "Better"]
        assert len({each.headers["webhook-id"] for each in receiver.received}) == 3

    def test_of_a_long_post_stays_below_20_kb(self, listening: Listening, hooked: Hooked, post: Post) -> None:
        receiver = listening()
        hooked(receiver)
        post.revise(title="𝄞" * 200, excerpt="𝄞" * 2_000)
        post_to_social_media(post)
        drain()
        assert len(receiver.received[0].body) < 20_000

    def test_tampered_with_is_not_verified(self, listening: Listening, hooked: Hooked, post: Post) -> None:
        receiver = listening()
        account = hooked(receiver)
        try_again(shared(post))
        [received] = receiver.received
        with pytest.raises(WebhookVerificationError):
            Webhook(account.secret).verify(received.body + b" ", received.headers)
        with pytest.raises(WebhookVerificationError):
            Webhook(new_secret()).verify(received.body, received.headers)

    def test_is_signed_with_both_secrets_while_one_replaces_the_other(self) -> None:
        secrets = [new_secret(), new_secret()]
        headers = signed(" ".join(secrets), "msg_1", b"{}", timezone.now())
        assert [Webhook(secret).verify(b"{}", headers) for secret in secrets] == [{}, {}]


class TestRetry:
    @pytest.mark.covers("E8", "X9")
    def test_after_a_cut_line_repeats_the_same_id_with_a_fresh_time(
        self, listening: Listening, hooked: Hooked, post: Post, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        receiver = listening(cuts, says(200))
        account = hooked(receiver)
        row = shared(post)
        with pytest.raises(InDoubt):
            deliver(row.pk, now=timezone.now())
        first = int(receiver.received[0].headers["webhook-timestamp"])
        wait_until(lambda: int(time.time()) > first)
        assert try_again(row).state == "sent"
        ids = {each.headers["webhook-id"] for each in receiver.received}
        times = [int(each.headers["webhook-timestamp"]) for each in receiver.received]
        assert (len(ids), times[1] > times[0]) == (1, True)
        assert ids.pop().startswith(f"{row.key}.")
        assert [verified(account, each)["type"] for each in receiver.received] == ["post.published"] * 2

    def test_is_owed_by_the_ledger(self, listening: Listening, hooked: Hooked, post: Post) -> None:
        receiver = listening(says(500))
        hooked(receiver)
        Effect.objects.all().delete()
        post_to_social_media(post)
        drain()
        effect = Effect.objects.get(task="social.deliver")
        assert (effect.state, effect.attempt, effect.error) == ("waiting", 1, "InDoubt: answered 500 Internal Server Error")
        assert SocialPost.objects.get().error == "answered 500 Internal Server Error"

    def test_happens_when_the_receiver_says(self, listening: Listening, hooked: Hooked, post: Post) -> None:
        receiver = listening(says(429, Retry_After="120"), says(503, Retry_After="120"), says(429), says(429, Retry_After="0"))
        hooked(receiver)
        row = shared(post)
        delays = []
        for _ in range(4):
            with pytest.raises(Later) as later:
                deliver(row.pk, now=timezone.now())
            delays.append(round((later.value.when - timezone.now()).total_seconds()))  # type: ignore[operator]
        assert delays == [120, 120, 60, 5]

    @pytest.mark.parametrize("status", [301, 302, 307, 308, 304, 400, 401, 403, 404, 409, 422])
    def test_comes_after_any_refusal_and_redirects_are_refusals(
        self, listening: Listening, hooked: Hooked, post: Post, status: int
    ) -> None:
        elsewhere = listening()
        receiver = listening(says(status, Location=elsewhere.url), says(204))
        hooked(receiver)
        row = shared(post)
        with pytest.raises(Declined, match=str(status)):
            deliver(row.pk, now=timezone.now())
        row.refresh_from_db()
        assert (row.state, elsewhere.received) == ("failed", [])
        assert try_again(row).state == "sent"

    def test_comes_after_a_closed_port_which_is_told_as_any_refused_address(
        self, listening: Listening, hooked: Hooked, post: Post
    ) -> None:
        receiver = listening()
        account = hooked(receiver)
        Account.objects.filter(pk=account.pk).update(endpoint="http://10.0.0.1/")
        row = shared(post)
        with pytest.raises(Unreachable):
            deliver(row.pk, now=timezone.now())
        row.refresh_from_db()
        assert (row.state, row.error) == ("failed", "This address cannot be reached from here.")

    def test_comes_after_silence(
        self, listening: Listening, hooked: Hooked, post: Post, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("app.social.networks.webhook.SECONDS", 0.3)
        receiver = listening(hangs, says(200))
        hooked(receiver)
        row = shared(post)
        with pytest.raises(InDoubt):
            deliver(row.pk, now=timezone.now())
        assert try_again(row).state == "sent"


class TestGone:
    def test_switches_the_account_off_and_gives_up(self, listening: Listening, hooked: Hooked, post: Post) -> None:
        receiver = listening(says(410))
        account = hooked(receiver)
        Effect.objects.all().delete()
        post_to_social_media(post)
        drain()
        account.refresh_from_db()
        assert (account.active, account.error) == (False, "The other side answered 410 Gone.")
        assert (Effect.objects.get(task="social.deliver").state, SocialPost.objects.get().state) == ("dead", "failed")
        assert len(receiver.received) == 1

    def test_is_a_way_of_giving_up(self) -> None:
        assert issubclass(Gone, GiveUp)


class TestOneNetworkDown:
    @pytest.mark.covers("E8")
    def test_does_not_delay_another(self, listening: Listening, hooked: Hooked, post: Post) -> None:
        broken, healthy = listening(says(500)), listening()
        for receiver in (broken, healthy):
            hooked(receiver)
        post_to_social_media(post)
        drain()
        states = SocialPost.objects.order_by("account").values_list("state", flat=True)
        assert (list(states), len(healthy.received)) == (["submitting", "sent"], 1)


class TestTwoTriesAtOnce:
    def test_wait_for_each_other(self, listening: Listening, hooked: Hooked, post: Post) -> None:
        receiver = listening()
        hooked(receiver)
        row = shared(post)
        now = timezone.now()
        assert row.claim(now)
        with pytest.raises(Later):
            deliver(row.pk, now=now + timedelta(seconds=1))
        assert (receiver.received, SocialPost.objects.get().attempts) == ([], 1)

    def test_do_not_wait_for_a_dead_one(self, listening: Listening, hooked: Hooked, post: Post) -> None:
        receiver = listening()
        hooked(receiver)
        row = shared(post)
        row.claim(timezone.now() - timedelta(minutes=1))
        assert try_again(row).state == "sent"
        assert receiver.received[0].headers["webhook-id"].startswith(f"{row.key}.")

    def test_that_read_the_same_row_claim_it_once(self, listening: Listening, hooked: Hooked, post: Post) -> None:
        hooked(listening())
        row = shared(post)
        twin = SocialPost.objects.get()
        assert [row.claim(timezone.now()), twin.claim(timezone.now())] == [True, False]


class TestSecrets:
    @pytest.mark.covers("X11")
    def test_and_endpoints_are_in_no_effect(self, listening: Listening, hooked: Hooked, post: Post) -> None:
        account = hooked(listening(says(500)))
        post_to_social_media(post)
        drain()
        rows = json.dumps(list(Effect.objects.values("args", "error", "outcome", "about")))
        assert [text in rows for text in (account.secret, account.endpoint, "secret.example")] == [False] * 3

    def test_that_are_none_end_the_try(self, listening: Listening, post: Post) -> None:
        account = connect(network="webhook", name="hook", endpoint=listening().url)[0]
        account.secret = "whsec_not base64"
        account.save()
        with pytest.raises(GiveUp, match="not a webhook secret"):
            deliver(shared(post).pk, now=timezone.now())
