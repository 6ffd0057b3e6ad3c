"""The contract that every network keeps, and one that does not know its keys."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

import pytest
from django.utils import timezone

from app.blog.models import Post
from app.social.connecting import connect
from app.social.models import Account, SocialPost
from app.social.networks import NETWORKS
from app.social.networks.base import Draft, Network, Posted
from app.social.networks.outcomes import InDoubt, Unknown
from app.social.sharing import deliver, post_to_social_media
from owed import GiveUp, Later
from owed.models import Effect

pytestmark = pytest.mark.django_db(transaction=True)


class Forgetful(Network):
    """A network that knows no keys and loses the answer to the first post, as it is told to."""

    name = "mastodon"
    label = "Forgetful"
    repeatable = False
    wall: ClassVar[list[Draft]] = []
    accepts: ClassVar[bool] = True
    searchable: ClassVar[bool] = True

    def post(self, draft: Draft) -> Posted:
        if not self.wall and not self.accepts:
            Forgetful.accepts = True
            raise InDoubt("cut before it stood")
        self.wall.append(draft)
        if len(self.wall) == 1:
            raise InDoubt("cut after it stood")
        return Posted(remote_id=str(len(self.wall)))

    def edit(self, draft: Draft, remote_id: str) -> Posted:
        return Posted(remote_id=remote_id)

    def delete(self, draft: Draft, remote_id: str) -> None:
        self.wall.clear()

    def find(self, draft: Draft) -> Posted | None:
        if not self.searchable:
            raise Unknown("the account's posts cannot be read")
        return Posted(remote_id="1", url=draft.url) if draft.url in {each.url for each in self.wall} else None


@pytest.fixture
def row(post: Post, monkeypatch: pytest.MonkeyPatch) -> SocialPost:
    for name, value in {"wall": [], "accepts": True, "searchable": True}.items():
        monkeypatch.setattr(Forgetful, name, value)
    monkeypatch.setitem(NETWORKS, "mastodon", Forgetful)
    connect(network="mastodon", name="forgetful")
    post_to_social_media(post)
    Effect.objects.all().delete()
    return SocialPost.objects.get()


def attempt(row: SocialPost) -> SocialPost:
    """Try once, after whatever claim the try before left has run out."""
    now = timezone.now()
    SocialPost.objects.exclude(claimed_at=None).update(claimed_at=now - timedelta(seconds=35))
    deliver(row.pk, now=now)
    row.refresh_from_db()
    return row


class TestNetworkWithoutKeys:
    @pytest.mark.covers("E8", "X9")
    def test_is_asked_before_anything_is_repeated(self, row: SocialPost) -> None:
        with pytest.raises(InDoubt):
            attempt(row)
        assert (attempt(row).state, row.remote_id, len(Forgetful.wall)) == ("sent", "1", 1)

    def test_is_told_again_what_it_surely_does_not_have(self, row: SocialPost, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(Forgetful, "accepts", False)
        with pytest.raises(InDoubt):
            attempt(row)
        assert Forgetful.wall == []
        with pytest.raises(InDoubt):
            attempt(row)
        assert (attempt(row).state, len(Forgetful.wall)) == ("sent", 1)

    @pytest.mark.covers("X9")
    def test_that_cannot_tell_leaves_the_doubt_to_a_person(self, row: SocialPost, monkeypatch: pytest.MonkeyPatch) -> None:
        with pytest.raises(InDoubt):
            attempt(row)
        monkeypatch.setattr(Forgetful, "searchable", False)
        with pytest.raises(GiveUp, match="unknown"):
            attempt(row)
        row.refresh_from_db()
        assert row.state == "unknown"
        assert (attempt(row).state, len(Forgetful.wall)) == ("unknown", 1)

    @pytest.mark.covers("X9")
    def test_is_asked_once_its_key_may_be_forgotten(self, row: SocialPost) -> None:
        with pytest.raises(InDoubt):
            attempt(row)
        SocialPost.objects.update(state="failed", claimed_at=None, created_at=timezone.now() - timedelta(minutes=56))
        assert (attempt(row).state, row.remote_id, len(Forgetful.wall)) == ("sent", "1", 1)

    def test_is_not_asked_while_it_may_still_be_at_it(self, row: SocialPost) -> None:
        with pytest.raises(InDoubt):
            attempt(row)
        with pytest.raises(Later, match="under way"):
            deliver(row.pk, now=timezone.now())
        assert len(Forgetful.wall) == 1

    def test_in_doubt_is_cleared_when_the_post_is_withdrawn(self, row: SocialPost, post: Post) -> None:
        with pytest.raises(InDoubt):
            attempt(row)
        post.withdraw()
        assert (attempt(row).state, Forgetful.wall) == ("withdrawn", [])


class TestRegistry:
    def test_names_each_network_by_its_own_name(self) -> None:
        assert NETWORKS.keys() == {"mastodon", "bluesky", "webhook", "dummy"}
        assert all(name == network.name for name, network in NETWORKS.items())

    def test_without_the_network_gives_up(self, post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delitem(NETWORKS, "bluesky")
        Account.objects.create(network="bluesky", name="sky")
        post_to_social_media(post)
        with pytest.raises(GiveUp, match="bluesky"):
            deliver(SocialPost.objects.get().pk, now=timezone.now())
