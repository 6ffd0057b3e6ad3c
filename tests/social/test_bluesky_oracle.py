"""The atproto SDK, made from the network's own lexicons, is told to do the same as our client, and reads what ours wrote."""

from __future__ import annotations

import importlib
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.blog.truncation import graphemes
from app.social.networks.base import Draft
from app.social.networks.bluesky import Bluesky, facets, record_of, tid
from app.social.networks.outcomes import InDoubt, RejectedByNetwork
from app.social.networks.text import hashtags, short
from owed import Later
from tests.social.drafts import NOW, drafted, speaking
from tests.social.fake import Call, Fault
from tests.social.fake_bluesky import DID, FakeBluesky

pytestmark = [pytest.mark.django_db, pytest.mark.covers("E8")]
COLLECTION = "app.bsky.feed.post"
PUT = "POST /xrpc/com.atproto.repo.putRecord"
URL = "https://blog.example.org/posts/ships/"
TITLES = ["Grüße", "👩‍👩‍👧 and 🇩🇪", "e\u0301, 漢字 & “quotes”", "blog.example.org/posts/ships", "#sea"]
TAGS = ["sea", "Größe", "Tall ships", "漢字"]
WRITTEN = ["a", "é", "👩", "👩\u200d👩\u200d👧", "👍🏽", "🇩🇪", "🇫", "🇫\u200d", "🏳️\u200d🌈", "क्ष", "가", "한", "กำ", "\u200d"]
STRICT = {"strict_string_format": True}


@pytest.fixture(scope="session")
def atproto() -> Any:
    """Import the SDK, which takes some seconds, where it is used and nowhere else."""
    return importlib.import_module("atproto")


def part(name: str) -> Any:
    """Return a part of the SDK that it does not name at its top."""
    return importlib.import_module(f"atproto_client.{name}")


@pytest.fixture
def models(atproto: Any) -> Any:
    return atproto.models


@pytest.fixture
def sdk(atproto: Any, bluesky: FakeBluesky) -> Any:
    """The SDK's client for the fake server, signed in."""
    client = atproto.Client(base_url=bluesky.url)
    client.login(bluesky.handle, bluesky.secret, fetch_bsky_profile=False)
    yield client
    client.request.close()


def asked(bluesky: FakeBluesky) -> list[tuple[object, ...]]:
    """Return what was asked since the last time without what is each client's own way of writing, and forget it."""
    calls, bluesky.calls = bluesky.calls, []
    return [essence(call) for call in calls]


def essence(call: Call) -> tuple[object, ...]:
    parts = urlsplit(call.path)
    is_json = call.headers.get("content-type") == "application/json"
    body = call.json if is_json else call.body
    return call.method, parts.path, sorted(parse_qsl(parts.query)), "authorization" in call.headers, body


def says(theirs: object, ours: object) -> bool:
    """Tell whether the SDK says all that we say, and nothing more but names of types that go without saying."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        return theirs.keys() - ours.keys() <= {"$type"} and all(says(theirs.get(name), ours[name]) for name in ours)
    if isinstance(ours, list | tuple) and isinstance(theirs, list | tuple):
        return len(theirs) == len(ours) and all(map(says, theirs, ours))
    return theirs == ours


class TestTheSdk:
    def test_signs_in_and_stays_so_by_the_same_calls(self, sdk: Any, bluesky: FakeBluesky) -> None:
        theirs = asked(bluesky)
        network = speaking(bluesky)
        assert asked(bluesky)[1:] == theirs  # the first looks where the server is
        network.find(drafted())
        bluesky.expire()
        asked(bluesky)
        network.find(drafted())
        [_, refresh, _] = asked(bluesky)
        sdk._refresh_and_set_session()
        assert asked(bluesky) == [refresh]

    @pytest.mark.filterwarnings("ignore:Use 'content=")
    def test_puts_the_same_record_with_the_same_picture(self, sdk: Any, atproto: Any, bluesky: FakeBluesky, cover: str) -> None:
        draft = drafted(url=URL, title="Grüße 🇩🇪", excerpt="Ships & “sails”.", picture=cover, tags=["sea", "Größe"])
        network = speaking(bluesky)
        asked(bluesky)
        network.post(draft)
        [_, *ours] = asked(bluesky)
        text = atproto.client_utils.TextBuilder().text(f"{draft.title}\n\n{draft.excerpt}\n\n").link(short(URL), URL)
        text.text("\n\n").tag("#sea", "sea").text(" ").tag("#Größe", "Größe")
        put(sdk, atproto.models, draft, text, sdk.upload_blob(bluesky.blobs[0]).blob)
        assert says(asked(bluesky), ours)
        assert len(ours) == 2

    def test_reads_and_deletes_by_the_same_calls(self, sdk: Any, models: Any, bluesky: FakeBluesky) -> None:
        network, draft = speaking(bluesky), drafted(url=URL)
        posted = network.post(draft)
        asked(bluesky)
        network.find(draft)
        network.delete(draft, posted.remote_id)
        ours = asked(bluesky)
        network.post(draft)
        asked(bluesky)
        shown = sdk.app.bsky.feed.post.get(DID, draft.key)
        assert (shown.uri, shown.value.text) == (posted.remote_id, bluesky.texts()[0])
        assert sdk.delete_post(posted.remote_id)
        assert asked(bluesky) == ours

    @pytest.mark.parametrize(
        ("status", "theirs", "ours"),
        [(400, "BadRequestError", RejectedByNetwork), (429, "RateLimitExceededError", Later), (502, "NetworkError", InDoubt)],
    )
    def test_is_refused_as_we_are(
        self, sdk: Any, atproto: Any, bluesky: FakeBluesky, status: int, theirs: str, ours: type[Exception]
    ) -> None:
        network, draft = speaking(bluesky), drafted(url=URL)
        bluesky.faults += [Fault(match=PUT, status=status)] * 2
        with pytest.raises(ours):
            network.post(draft)
        with pytest.raises(getattr(part("exceptions"), theirs)):
            put(sdk, atproto.models, draft, atproto.client_utils.TextBuilder().text("Words"))


def put(sdk: Any, models: Any, draft: Draft, text: Any, thumb: Any = None) -> None:
    """Show the draft by the SDK's own means."""
    card = models.AppBskyEmbedExternal.External(uri=draft.url, title=draft.title, description=draft.excerpt, thumb=thumb)
    record = models.AppBskyFeedPost.Record(
        text=text.build_text(),
        created_at="2026-11-22T12:00:00.000Z",
        facets=text.build_facets(),
        embed=models.AppBskyEmbedExternal.Main(external=card),
    )
    data = models.ComAtprotoRepoPutRecord.Data(repo=DID, collection=COLLECTION, rkey=draft.key, record=record)
    sdk.com.atproto.repo.put_record(data)


class TestARecord:
    @pytest.mark.parametrize("title", TITLES)
    def test_is_what_the_lexicon_says(self, models: Any, title: str) -> None:
        blob = {"$type": "blob", "ref": {"$link": "bafkreihash"}, "mimeType": "image/jpeg", "size": 5}
        record = record_of(drafted(url=URL, title=title, excerpt="ö" * 900, tags=TAGS), blob)
        read = models.AppBskyFeedPost.Record.model_validate(record, context=STRICT)
        assert (read.text, read.created_at, read.embed.external.uri) == (record["text"], record["createdAt"], URL)
        assert (read.embed.external.thumb.ref.link, len(read.facets)) == ("bafkreihash", 1 + len(hashtags(TAGS)))
        assert not read.model_extra
        assert says(part("models.utils").get_model_as_dict(read), record)

    @pytest.mark.parametrize("wrong", [{"createdAt": "2026-11-22 12:00"}, {"text": None}, {"text": "x" * 3001}])
    def test_that_is_not_would_be_noticed(self, models: Any, wrong: dict[str, object]) -> None:
        record = record_of(drafted(url=URL), None) | wrong
        with pytest.raises(ValueError, match="1 validation error"):
            models.AppBskyFeedPost.Record.model_validate(record, context=STRICT)

    @pytest.mark.parametrize("title", TITLES)
    def test_marks_the_bytes_that_the_sdk_would(self, atproto: Any, title: str) -> None:
        draft = drafted(url=URL, title=title, excerpt="", tags=TAGS)
        builder = atproto.client_utils.TextBuilder().text(f"{title}\n\n").link(short(URL), URL).text("\n\n")
        for tag in hashtags(TAGS):
            builder.tag(tag, tag[1:]).text(" ")
        text = builder.build_text().rstrip()
        assert record_of(draft, None)["text"] == text
        assert says([facet.model_dump(by_alias=True) for facet in builder.build_facets()], facets(text, short(URL), draft))

    @pytest.mark.parametrize("title", TITLES)
    @pytest.mark.parametrize("tags", [TAGS, ["sea_", "___", "x.y", "4th of July", "2026_"], ["sea", "seaside", "sea"]])
    def test_marks_each_hashtag_that_the_sdk_finds_behind_the_link(self, atproto: Any, title: str, tags: list[str]) -> None:
        record = record_of(drafted(url=URL, title=title, tags=tags), None)
        ours = [facet for facet in record["facets"] if facet["features"][0]["$type"].endswith("#tag")]
        detect = part("utils.facet_detection").detect_facets
        behind = record["facets"][0]["index"]["byteEnd"]
        found = [facet.model_dump(by_alias=True) for facet in detect(record["text"]) if facet.index.byte_start > behind]
        assert says(found, ours)
        assert ours


class TestNames:
    @given(moment=st.integers(0, 2**53 - 1), clock=st.integers(0, 1023))
    def test_of_records_are_tids(self, atproto: Any, moment: int, clock: int) -> None:
        formats = part("models.string_formats")
        key = importlib.import_module("pydantic").TypeAdapter(formats.Tid)
        assert key.validate_python(tid(moment, clock), context=STRICT)
        for wrong in ("post-42", "z" * 13, tid(moment, clock)[1:]):
            with pytest.raises(ValueError, match="Invalid TID"):
                key.validate_python(wrong, context=STRICT)

    def test_of_posts_are_uris_from_which_their_page_follows(self, atproto: Any, bluesky: FakeBluesky) -> None:
        draft = drafted(key=Bluesky.new_key("a post", NOW))
        posted = speaking(bluesky).post(draft)
        uri = atproto.AtUri.from_str(posted.remote_id)
        assert (uri.hostname, uri.collection, uri.rkey) == (DID, COLLECTION, draft.key)
        assert posted.url == f"https://bsky.app/profile/{uri.hostname}/post/{uri.rkey}"


class TestCharacters:
    @given(st.lists(st.sampled_from(WRITTEN)).map("".join))
    def test_are_never_counted_fewer_than_unicode_does(self, text: str) -> None:
        assert graphemes(text) >= importlib.import_module("grapheme").length(text)
