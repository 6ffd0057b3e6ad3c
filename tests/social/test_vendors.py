"""What is particular to Mastodon and to Bluesky."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.blog.truncation import graphemes
from app.social.models import Account
from app.social.networks import network_of
from app.social.networks.bluesky import TID, record_of, tid
from app.social.networks.mastodon import Mastodon
from app.social.networks.outcomes import InDoubt, RejectedByNetwork, Unknown
from app.social.networks.text import hashtags
from tests.social.drafts import drafted, speaking
from tests.social.fake import Fault
from tests.social.fake_bluesky import FakeBluesky
from tests.social.fake_mastodon import LINK, FakeMastodon

pytestmark = [pytest.mark.django_db, pytest.mark.covers("E8")]
FAMILY, FLAG = "👩‍👩‍👧", "🇩🇪"


class TestMastodon:
    @pytest.mark.parametrize("room", [500, 140, 5000])
    def test_takes_no_more_than_its_server_says(self, mastodon: FakeMastodon, room: int) -> None:
        mastodon.room = room
        url = "https://blog.example/posts/" + "a" * 200 + "/"
        speaking(mastodon).post(drafted(url=url, title="T" * 180, excerpt="wörter " * 900, tags=["sea", "Tall ships"]))
        [text] = mastodon.texts()
        size = len(LINK.sub("x" * 23, text))
        assert (url in text, room * 0.8 < size <= room) == (True, True)

    def test_is_told_tags_as_hashtags_and_calls_nobody(self, mastodon: FakeMastodon) -> None:
        speaking(mastodon).post(drafted(title="With @bob@social.example", tags=["sea", "Tall ships"]))
        [text] = mastodon.texts()
        assert text.endswith("\n\n#sea #TallShips")
        assert not re.search(r"@\w", text)

    def test_shows_the_cover_and_keeps_it_at_an_edit(self, mastodon: FakeMastodon, cover: str) -> None:
        network, draft = speaking(mastodon), drafted(picture=cover, picture_alt="Noise")
        posted = network.post(draft)
        network.edit(replace(draft, title="Better"), posted.remote_id)
        assert (mastodon.statuses[posted.remote_id]["media_attachments"], len(mastodon.pictures)) == ([{"id": "m1"}], 1)
        assert b"Noise" in mastodon.pictures[0]

    def test_posts_without_a_picture_that_it_does_not_take(self, mastodon: FakeMastodon, cover: str) -> None:
        network = speaking(mastodon)
        mastodon.faults.append(Fault(match="POST /api/v2/media", status=422))
        network.post(drafted(picture=cover))
        assert len(mastodon.texts()) == 1

    def test_finds_only_this_very_address(self, mastodon: FakeMastodon) -> None:
        network, draft = speaking(mastodon), drafted(published_at=datetime.now(UTC))
        mastodon.put("200", "See https://blog.example/posts/ships/more/")
        assert network.find(draft) is None
        mastodon.put("150", f"Words\n\n{draft.url} #sea")
        found = network.find(draft)
        assert found
        assert found.remote_id == "150"

    @pytest.mark.covers("X9")
    def test_that_cannot_be_read_far_enough_leaves_the_doubt(self, mastodon: FakeMastodon) -> None:
        network, draft = speaking(mastodon), drafted(published_at=datetime.now(UTC) - timedelta(days=1))
        for number in range(300):
            mastodon.put(str(1000 + number), "Something else")
        with pytest.raises(Unknown, match="200 times"):
            network.find(draft)
        mastodon.may_read = False
        with pytest.raises(Unknown, match="read:statuses"):
            network.find(draft)

    def test_deletes_what_is_gone_already(self, mastodon: FakeMastodon) -> None:
        assert speaking(mastodon).delete(drafted(), "777") is None  # type: ignore[func-returns-value]

    def test_says_what_it_did_not_take(self, mastodon: FakeMastodon) -> None:
        network = speaking(mastodon)
        mastodon.room = 500
        mastodon.faults.append(Fault(match="POST /api/v1/statuses", status=422, body=b'{"error": "Validation failed"}'))
        with pytest.raises(RejectedByNetwork, match=r"422 .*Validation failed"):
            network.post(drafted())
        assert isinstance(network, Mastodon)


class TestBluesky:
    def test_keys_are_times_that_sort(self) -> None:
        keys = [tid(moment, 5) for moment in (1, 2, 2**40, 2**52)]
        assert (keys == sorted(keys), all(TID.fullmatch(key) for key in keys)) == (True, True)
        assert tid(0, 0) == "2" * 13

    def test_marks_link_and_tags_by_the_bytes_of_the_text(self) -> None:
        draft = drafted(title=f"Grüße {FAMILY} #sea", excerpt="ö" * 900, tags=["sea", "Größe"])
        record = record_of(draft, None)
        raw = record["text"].encode()
        marked = [raw[each["index"]["byteStart"] : each["index"]["byteEnd"]].decode() for each in record["facets"]]
        assert marked == ["blog.example/posts/ships", "#sea", "#Größe"]
        assert record["facets"][0]["features"][0]["uri"] == draft.url
        assert record["createdAt"] == "2026-11-22T12:00:00.000Z"

    @pytest.mark.parametrize("excerpt", ["wörter " * 200, f"{FLAG} " * 300, "e\u0301" * 500])
    def test_takes_300_graphemes(self, excerpt: str) -> None:
        text = record_of(drafted(excerpt=excerpt), None)["text"]
        assert 200 < graphemes(text) <= 300

    def test_takes_3000_octets_however_few_characters_they_are(self) -> None:
        text = record_of(drafted(excerpt=FAMILY * 400), None)["text"]
        assert 2500 < len(text.encode()) <= 3000

    def test_counts_what_people_see(self) -> None:
        assert [graphemes(text) for text in ("", "abc", FAMILY, FLAG * 2, "e\u0301", "👍🏽")] == [0, 3, 1, 2, 1, 1]

    def test_puts_the_same_record_twice_and_commits_once(self, bluesky: FakeBluesky, cover: str) -> None:
        network, draft = speaking(bluesky), drafted(picture=cover)
        assert network.post(draft) == network.post(draft)
        assert (bluesky.commits, list(bluesky.records)) == (1, [draft.key])
        assert not [call for call in bluesky.calls if "createRecord" in call.path]
        thumb = bluesky.records[draft.key]["embed"]["external"]["thumb"]
        assert 0 < thumb["size"] <= 1_000_000

    @pytest.mark.parametrize("both", [False, True])
    def test_stays_signed_in(self, bluesky: FakeBluesky, both: bool) -> None:
        network = speaking(bluesky)
        network.post(drafted())
        network_of(Account.objects.get()).post(drafted())
        before = bluesky.sessions
        bluesky.expire(both=both)
        network_of(Account.objects.get()).post(drafted())
        assert (before, bluesky.sessions, len(bluesky.records)) == (2, 3, 3)
        sealed = Account.objects.get().session_encrypted
        assert not [token for token in bluesky.access | bluesky.refresh if token in sealed]

    def test_is_asked_for_the_record_itself(self, bluesky: FakeBluesky) -> None:
        network, draft = speaking(bluesky), drafted()
        bluesky.faults.append(Fault(match="POST /xrpc/com.atproto.repo.putRecord", acts=True))
        assert network.find(draft) is None
        with pytest.raises(InDoubt):
            network.post(draft)
        assert network.find(draft) == network.post(draft)

    def test_refuses_a_key_that_is_none(self, bluesky: FakeBluesky) -> None:
        with pytest.raises(RejectedByNetwork, match="not a record key"):
            speaking(bluesky).post(drafted(key="post-42"))


class TestHashtags:
    def test_are_words_joined_and_never_numbers(self) -> None:
        assert hashtags(["API best practices", "Editor's picks"]) == ["#APIBestPractices", "#EditorsPicks"]
        assert hashtags(["C++", "tall ships", "2026", "sea", "sea"]) == ["#C", "#TallShips", "#sea"]
