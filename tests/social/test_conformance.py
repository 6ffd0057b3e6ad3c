"""One suite that every network passes, over the ledger's own steps, against servers that go wrong as told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.utils import timezone

from app.blog.models import Post
from app.social.connecting import connect
from app.social.models import Account, DummyPost, SocialPost
from app.social.networks import NETWORKS
from app.social.networks.outcomes import InDoubt
from app.social.sharing import deliver, follow, post_to_social_media
from owed import Later
from owed.models import Effect
from owed.testing import drain
from tests.social.fake import Answer, Call, FakeNetwork, Fault, serving
from tests.social.fake_bluesky import FakeBluesky
from tests.social.fake_mastodon import FakeMastodon

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.covers("E8", "X9")]

SHOWS = {"mastodon": "POST /api/v1/statuses", "bluesky": "POST /xrpc/com.atproto.repo.putRecord", "webhook": "POST /hook"}
VENDORS = ["mastodon", "mastodon without keys", "bluesky"]
EVERY = [*VENDORS, "webhook", "dummy"]


class FakeWebhook(FakeNetwork):
    """A receiver that knows the ids it has seen."""

    def __init__(self) -> None:
        super().__init__()
        self.shown: dict[str, str] = {}

    def answer(self, call: Call) -> Answer:
        key, event = call.headers["webhook-id"].partition(".")[0], call.json
        if event["type"] == "post.withdrawn":
            self.shown.pop(key, None)
        else:
            self.shown[key] = event["data"]["title"] + event["data"]["url"]
        return Answer()

    def texts(self) -> list[str]:
        return list(self.shown.values())


class FakeDummy(FakeNetwork):
    def texts(self) -> list[str]:
        return list(DummyPost.objects.filter(deleted_at=None).values_list("text", flat=True))


@dataclass
class Peer:
    """A fake, the account that speaks through it, and the post's row there."""

    fake: FakeNetwork
    account: Account
    row: SocialPost

    def attempt(self) -> SocialPost:
        """Try once, after whatever claim the try before left has run out."""
        now = timezone.now()
        SocialPost.objects.exclude(claimed_at=None).update(claimed_at=now - timedelta(seconds=35))
        try:
            deliver(self.row.pk, now=now)
        finally:
            self.row.refresh_from_db()
        return self.row

    @property
    def shows(self) -> str:
        return SHOWS[self.account.network]


@contextmanager
def connected(which: str) -> Iterator[tuple[FakeNetwork, Account]]:
    makers = {
        "mastodon": FakeMastodon,
        "mastodon without keys": lambda: FakeMastodon(knows_keys=False),
        "bluesky": FakeBluesky,
        "webhook": FakeWebhook,
        "dummy": FakeDummy,
    }
    with serving(makers[which]) as fake:
        network = which.split()[0]
        told = {"secret": fake.secret, "handle": fake.handle} if isinstance(fake, FakeMastodon | FakeBluesky) else {}
        endpoint = f"{fake.url}/hook" if network == "webhook" else fake.url
        yield fake, connect(network=network, name=which, endpoint=endpoint, **told)[0]


@pytest.fixture
def peer(request: pytest.FixtureRequest, post: Post) -> Iterator[Peer]:
    with connected(request.param) as (fake, account):
        post_to_social_media(post)
        Effect.objects.all().delete()
        yield Peer(fake, account, SocialPost.objects.get())


def on(*names: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("peer", names, indirect=True)


class TestEveryNetwork:
    def test_is_in_this_suite(self) -> None:
        assert {name.split()[0] for name in EVERY} == set(NETWORKS)

    @on(*EVERY)
    def test_shows_edits_and_takes_away_one_post(self, peer: Peer, post: Post) -> None:
        row = peer.attempt()
        assert (row.state, bool(row.remote_id), len(peer.fake.texts())) == ("sent", True, 1)
        assert "Ships" in peer.fake.texts()[0]
        post.revise(title="Better")
        first = row.remote_id
        assert (peer.attempt().remote_id, len(peer.fake.texts())) == (first, 1)
        assert "Better" in peer.fake.texts()[0]
        post.withdraw()
        assert (peer.attempt().state, peer.fake.texts()) == ("withdrawn", [])
        assert peer.attempt().state == "withdrawn"

    @on(*EVERY)
    def test_shows_again_what_was_withdrawn_and_published_again(self, peer: Peer, post: Post) -> None:
        key = peer.attempt().key
        post.withdraw()
        peer.attempt()
        post.publish()
        again = peer.attempt()
        assert (again.state, again.attempts, len(peer.fake.texts()), again.key == key) == ("sent", 1, 1, False)

    @on(*EVERY)
    def test_follows_a_deletion(self, peer: Peer, post: Post) -> None:
        peer.attempt()
        pk = post.pk
        post.delete()
        follow([pk])
        drain()
        assert (SocialPost.objects.get().state, peer.fake.texts()) == ("withdrawn", [])

    @on(*[name for name in EVERY if name != "dummy"])
    @pytest.mark.parametrize(
        "fault",
        [{"acts": True}, {"acts": False}, {"acts": True, "status": 502}, {"acts": True, "status": 200, "body": b'{"id'}],
    )
    def test_shows_one_post_whatever_became_of_the_first_answer(self, peer: Peer, fault: dict[str, object]) -> None:
        # A webhook answers by its status alone: a broken body is no doubt there.
        is_answer = peer.account.network == "webhook" and fault.get("status") == 200
        peer.fake.faults.append(Fault(match=peer.shows, **fault))  # type: ignore[arg-type]
        with nullcontext() if is_answer else pytest.raises(InDoubt):
            peer.attempt()
        assert (peer.attempt().state, len(peer.fake.texts())) == ("sent", 1)

    @on(*[name for name in EVERY if name != "dummy"])
    def test_takes_away_what_it_showed_without_saying_so(self, peer: Peer, post: Post) -> None:
        peer.fake.faults.append(Fault(match=peer.shows, acts=True))
        with pytest.raises(InDoubt):
            peer.attempt()
        post.withdraw()
        assert (peer.attempt().state, peer.fake.texts()) == ("withdrawn", [])

    @on(*VENDORS)
    def test_shows_the_revision_of_what_it_took_without_saying_so(self, peer: Peer, post: Post) -> None:
        peer.fake.faults.append(Fault(match=peer.shows, acts=True))
        with pytest.raises(InDoubt):
            peer.attempt()
        post.revise(title="Better", slug="another-address")
        assert (peer.attempt().state, len(peer.fake.texts())) == ("sent", 1)
        assert "Better" in peer.fake.texts()[0]


class TestTheLedger:
    @on(*VENDORS)
    def test_waits_as_long_as_it_is_told(self, peer: Peer) -> None:
        at = timezone.now() + timedelta(minutes=7)
        resets = (
            {"X-RateLimit-Reset": at.isoformat()}
            if peer.account.network == "mastodon"
            else {"RateLimit-Reset": str(int(at.timestamp()))}
        )
        peer.fake.faults.append(Fault(match=peer.shows, status=429, headers=resets))
        with pytest.raises(Later) as later:
            peer.attempt()
        assert abs(later.value.when - at) < timedelta(seconds=3)  # type: ignore[operator]
        assert (peer.attempt().state, len(peer.fake.texts())) == ("sent", 1)

    @on(*VENDORS)
    def test_pauses_an_account_that_is_refused_and_resumes_it_when_connected_anew(self, peer: Peer) -> None:
        peer.fake.revoked = True
        post_to_social_media(peer.row.post_id)
        drain()
        peer.account.refresh_from_db()
        assert (peer.account.active, "Connect the account again" in peer.account.error) == (False, True)
        assert Effect.objects.get(task="social.deliver").state == "dead"
        peer.fake.revoked = False
        told = {"handle": peer.fake.handle, "secret": peer.fake.secret}  # type: ignore[attr-defined]
        again, _ = connect(network=peer.account.network, name="again", endpoint=peer.fake.url, **told)
        drain()
        assert (again.pk, len(peer.fake.texts()), SocialPost.objects.get().state) == (peer.account.pk, 1, "sent")

    @on(*VENDORS)
    def test_sends_nothing_again_that_was_refused_for_what_it_is(self, peer: Peer) -> None:
        status = 422 if peer.account.network == "mastodon" else 400
        peer.fake.faults.append(Fault(match=peer.shows, status=status))
        post_to_social_media(peer.row.post_id)
        drain()
        assert (Effect.objects.get(task="social.deliver").state, SocialPost.objects.get().state) == ("dead", "failed")
        assert "told to" in SocialPost.objects.get().error
