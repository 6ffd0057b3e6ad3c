"""What app/social/networks/bluesky.py relies on, asked of a real server. Run by tests/faults/pds.py."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from pytest_django import Settings

from app.blog.models import Post
from app.social.connecting import CannotConnect, connect
from app.social.models import Account, SocialPost
from app.social.networks import network_of
from app.social.networks.base import Login
from app.social.networks.bluesky import Bluesky
from app.social.networks.outcomes import Revoked
from app.social.sharing import post_to_social_media
from owed.models import Effect
from owed.testing import drain
from tests.faults.real_bluesky import RealBluesky
from tests.social.drafts import NOW, drafted
from tests.social.fake import serving
from tests.social.fixtures import _loopback, ann, cover, post
from tests.social.test_vendors import FAMILY

__all__ = ["_loopback", "ann", "cover", "post"]
pytestmark = pytest.mark.django_db(transaction=True)
URL = "https://blog.example/posts/ships/"


@pytest.fixture
def there(settings: Settings) -> Iterator[RealBluesky]:
    settings.OUTBOUND_ALLOW = ("127.0.0.0/8",)
    with serving(RealBluesky) as real:
        assert isinstance(real, RealBluesky)
        yield real


@pytest.fixture
def account(there: RealBluesky) -> Account:
    return connect(network="bluesky", name="real", endpoint=there.url, handle=there.handle, secret=there.secret)[0]


@pytest.fixture
def here(account: Account) -> Bluesky:
    network = network_of(account)
    assert isinstance(network, Bluesky)
    return network


class TestARecord:
    def test_stands_under_the_key_that_was_kept(self, there: RealBluesky, here: Bluesky) -> None:
        draft = drafted()
        posted = here.post(draft)
        [record] = there.listed()
        assert posted.remote_id == record["uri"] == f"at://{there.did}/app.bsky.feed.post/{draft.key}"

    def test_written_twice_is_one_and_no_second_commit(self, there: RealBluesky, here: Bluesky) -> None:
        draft = drafted(tags=["sea"])
        first, revision = here.post(draft), there.revision()
        assert here.post(draft) == first
        assert (len(there.listed()), there.revision()) == (1, revision)

    def test_says_what_is_a_link_and_what_a_hashtag_by_octets(self, there: RealBluesky, here: Bluesky) -> None:
        here.post(drafted(title=f"Grüße {FAMILY}", tags=["Tall ships", "sea"]))
        [record] = there.listed()
        text = record["value"]["text"].encode()
        marked = [
            (text[each["index"]["byteStart"] : each["index"]["byteEnd"]].decode(), each["features"][0])
            for each in record["value"]["facets"]
        ]
        assert [words for words, _ in marked] == ["blog.example/posts/ships", "#TallShips", "#sea"]
        assert [feature.get("uri") or f"#{feature['tag']}" for _, feature in marked] == [URL, "#TallShips", "#sea"]

    def test_takes_as_many_characters_as_we_give(self, there: RealBluesky, here: Bluesky) -> None:
        here.post(drafted(title=FAMILY * 290, excerpt="wörter " * 900))
        assert len(there.listed()) == 1

    def test_shows_a_card_with_a_picture(self, there: RealBluesky, here: Bluesky, cover: str) -> None:
        here.post(drafted(picture=cover))
        [record] = there.listed()
        card = record["value"]["embed"]["external"]
        assert (card["uri"], card["thumb"]["mimeType"]) == (URL, "image/jpeg")
        assert record["value"]["createdAt"] == "2026-11-22T12:00:00.000Z"

    def test_is_edited_in_its_place(self, there: RealBluesky, here: Bluesky) -> None:
        draft = drafted()
        first = here.post(draft)
        later = replace(draft, title="Better", revision=2, updated_at=NOW + timedelta(days=1))
        assert here.edit(later, first.remote_id).remote_id == first.remote_id
        [text] = there.texts()
        assert "Better" in text

    def test_is_found_deleted_and_deleted_again(self, there: RealBluesky, here: Bluesky) -> None:
        draft = drafted()
        assert here.find(draft) is None
        posted = here.post(draft)
        assert here.find(draft) == posted
        for _ in range(2):
            here.delete(draft, posted.remote_id)
            assert there.texts() == []
        assert here.find(draft) is None


class TestCredentials:
    def test_that_are_wrong_are_given_up(self, there: RealBluesky) -> None:
        login = Login(account_id=0, endpoint=there.url, handle=there.handle, secret="wrong-wrong-wrong")
        with pytest.raises(Revoked):
            Bluesky(login).identify()
        with pytest.raises(CannotConnect, match="does not accept these credentials"):
            connect(network="bluesky", name="x", endpoint=there.url, handle=there.handle, secret="wrong-wrong-wrong")

    def test_that_were_revoked_are_given_up_when_the_session_ends(self, there: RealBluesky, account: Account) -> None:
        there.ask("POST", "com.atproto.server.revokeAppPassword", {"name": "afterword"})
        Account.objects.filter(pk=account.pk).update(session_encrypted="")
        with pytest.raises(Revoked):
            network_of(Account.objects.get(pk=account.pk)).post(drafted())

    def test_whose_session_ran_out_begin_a_new_one(self, there: RealBluesky, account: Account, here: Bluesky) -> None:
        here.post(drafted())
        stale = {"did": there.did, "accessJwt": "stale", "refreshJwt": "stale"}
        Account.keep_session(account.pk, json.dumps(stale))
        network_of(Account.objects.get(pk=account.pk)).post(drafted())
        assert len(there.texts()) == 2


class TestTheLedger:
    def test_posts_edits_and_withdraws_through_its_effects(self, there: RealBluesky, account: Account, post: Post) -> None:
        drain()
        assert (SocialPost.objects.get().state, len(there.texts())) == ("sent", 1)
        post_to_social_media(post)
        post.revise(title="Better")
        drain()
        assert "Better" in there.texts()[0]
        post.withdraw()
        drain()
        assert (SocialPost.objects.get().state, there.texts()) == ("withdrawn", [])
        assert not Effect.objects.exclude(state="done").exists()
