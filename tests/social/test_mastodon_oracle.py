"""Mastodon.py, which others have tried on real servers, is told to do the same as our client: it asks for the same."""

from __future__ import annotations

import email
import email.policy
import importlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.utils import timezone

from app.blog.truncation import graphemes
from app.social.networks.mastodon import Mastodon
from app.social.networks.outcomes import RejectedByNetwork, Revoked
from owed import Later
from tests.social.drafts import drafted, speaking
from tests.social.fake import Call, Fault
from tests.social.fake_mastodon import FakeMastodon

pytestmark = [pytest.mark.django_db, pytest.mark.covers("E8")]
URL = "https://blog.example.org/posts/ships/"
LONG = "https://blog.example.org/posts/" + "a" * 200 + "/"
TRUE = {"1", "true", True}
READING = "GET"


@pytest.fixture(scope="session")
def package() -> Any:
    """Import the SDK, which takes most of a second, where it is used and nowhere else."""
    return importlib.import_module("mastodon")


@pytest.fixture
def sdk(package: Any, mastodon: FakeMastodon) -> Any:
    """The SDK's client for the fake server."""
    told = {"version_check_mode": "created", "mastodon_version": "4.4.0", "ratelimit_method": "throw", "request_timeout": 5}
    return package.Mastodon(access_token=mastodon.secret, api_base_url=mastodon.url, **told)


def asked(mastodon: FakeMastodon) -> list[Call]:
    """Return what was asked since the last time, and forget it."""
    calls, mastodon.calls = mastodon.calls, []
    return calls


def acts(mastodon: FakeMastodon) -> list[tuple[object, ...]]:
    """Return what of it shows, changes or removes something, without what is each client's own way of writing."""
    return [essence(call) for call in asked(mastodon) if call.method != READING]


def essence(call: Call) -> tuple[object, ...]:
    kept = {name: call.headers.get(name) for name in ("authorization", "idempotency-key")}
    return call.method, call.path, kept, parts(call) or fields(call)


def fields(call: Call) -> dict[str, object]:
    """Return what the body tells. The SDK also says `sensitive=0`, which is what saying nothing means."""
    return {name: value for name, value in call.fields.items() if value not in ("0", [])}


def parts(call: Call) -> dict[str, tuple[str, object]]:
    """Return the parts of an upload by name, each with its type and content."""
    kind = call.headers.get("content-type", "")
    if not kind.startswith("multipart/"):
        return {}
    message = email.message_from_bytes(f"Content-Type: {kind}\r\n\r\n".encode() + call.body, policy=email.policy.HTTP)
    found = {str(part.get_param("name", header="content-disposition")): part for part in message.iter_parts()}  # type: ignore[attr-defined]
    return {name: (part.get_content_type(), part.get_payload(decode=True)) for name, part in found.items()}


class TestTheSdk:
    def test_posts_a_picture_and_a_text_under_a_key_in_the_same_words(
        self, sdk: Any, mastodon: FakeMastodon, cover: str
    ) -> None:
        network, draft = speaking(mastodon), drafted(url=URL, picture=cover, picture_alt="Noise, “grey”", tags=["sea"])
        network.post(draft)
        [upload, _] = ours = acts(mastodon)
        picture = upload[3]["file"][1]  # type: ignore[index]
        shown = sdk.media_post(picture, mime_type="image/jpeg", description=draft.picture_alt)
        sdk.status_post(mastodon.texts()[0], media_ids=[shown], idempotency_key=draft.key)
        theirs = acts(mastodon)
        assert [call[3].pop("media_ids") for call in (ours[1], theirs[1])] == [["m1"], ["m2"]]  # type: ignore[attr-defined]
        assert ours == theirs
        assert len(picture) > 1000

    def test_edits_in_the_same_words_and_keeps_the_picture(self, sdk: Any, mastodon: FakeMastodon, cover: str) -> None:
        network, draft = speaking(mastodon), drafted(url=URL, picture=cover)
        posted = network.post(draft)
        asked(mastodon)
        network.edit(replace(draft, title="Better & “kept”"), posted.remote_id)
        ours = acts(mastodon)
        stands = sdk.status(posted.remote_id)
        sdk.status_update(stands, mastodon.texts()[0], media_ids=stands.media_attachments)
        assert ours == acts(mastodon)
        assert ours[0][:2] == ("PUT", f"/api/v1/statuses/{posted.remote_id}")

    def test_deletes_by_the_same_call_and_hears_of_what_is_gone(self, sdk: Any, package: Any, mastodon: FakeMastodon) -> None:
        network, draft = speaking(mastodon), drafted(url=URL)
        posted = network.post(draft)
        asked(mastodon)
        network.delete(draft, posted.remote_id)
        ours = acts(mastodon)
        with pytest.raises(package.MastodonNotFoundError):
            sdk.status_delete(posted.remote_id)
        assert ours == acts(mastodon)

    def test_lists_the_account_by_the_same_calls_page_by_page(self, sdk: Any, mastodon: FakeMastodon) -> None:
        network, draft = speaking(mastodon), drafted(url=URL, published_at=datetime.now(UTC))
        for number in range(90):
            mastodon.put(str(1000 + number), f"Words\n\n{URL} #sea" if number == 5 else "Something else")
        asked(mastodon)
        found = network.find(draft)
        ours = [query(call) for call in asked(mastodon)]
        me = sdk.account_verify_credentials()
        page = sdk.account_statuses(me, limit=40, exclude_reblogs=True)
        while not [status for status in page if URL in status.content]:
            page = sdk.account_statuses(me, limit=40, exclude_reblogs=True, max_id=page[-1])
        assert ours == [query(call) for call in asked(mastodon)]
        assert (found and found.remote_id, len(ours)) == ("1005", 4)

    def test_reads_what_the_fake_answers_as_a_status(self, sdk: Any, mastodon: FakeMastodon) -> None:
        posted = speaking(mastodon).post(drafted(url=URL))
        status = sdk.status(posted.remote_id)
        assert (status.id, status.url, URL in status.content) == (posted.remote_id, posted.url, True)
        assert timezone.now() - status.created_at < timedelta(minutes=1)


def query(call: Call) -> tuple[str, str, dict[str, object]]:
    parts = urlsplit(call.path)
    return call.method, parts.path, {name: each[0] in TRUE or each[0] for name, each in parse_qs(parts.query).items()}


class TestARefusal:
    @pytest.mark.parametrize(
        ("status", "theirs", "ours"),
        [
            (401, "MastodonUnauthorizedError", Revoked),
            (422, "MastodonAPIError", RejectedByNetwork),
            (429, "MastodonRatelimitError", Later),
        ],
    )
    def test_is_the_same_to_both(
        self, sdk: Any, package: Any, mastodon: FakeMastodon, status: int, theirs: str, ours: type[Exception]
    ) -> None:
        network = speaking(mastodon)
        at = timezone.now().replace(microsecond=0) + timedelta(minutes=7)
        told = {"X-RateLimit-Reset": at.isoformat().replace("+00:00", "Z"), "X-RateLimit-Remaining": "0"}
        mastodon.faults += [Fault(match="POST /api/v1/statuses", status=status, headers=told)] * 2
        with pytest.raises(ours) as raised:
            network.post(drafted(url=URL))
        with pytest.raises(getattr(package, theirs)):
            sdk.status_post("Words", idempotency_key="k")
        if isinstance(raised.value, Later):
            assert abs(raised.value.when.timestamp() - sdk.ratelimit_reset) < 3  # type: ignore[union-attr]


class TestTheLength:
    @pytest.mark.parametrize("room", [500, 300])
    @pytest.mark.parametrize("url", [URL, LONG, "https://a.co/p/"])
    @pytest.mark.parametrize(
        "excerpt",
        [
            "wörter " * 200,
            "See http://a.co and (https://b.co/x), " * 40,
            "👩‍👩‍👧 🇩🇪 e\u0301 " * 100,
            "By @ann@social.example.org. " * 40,
        ],
    )
    def test_is_never_more_than_the_server_takes_by_the_count_of_the_sdk(
        self, sdk: Any, mastodon: FakeMastodon, room: int, url: str, excerpt: str
    ) -> None:
        mastodon.room = room
        network = speaking(mastodon)
        assert isinstance(network, Mastodon)
        text = network._text(drafted(url=url, title="T" * 100, excerpt=excerpt, tags=["sea"]))
        assert url in text
        assert room * 0.4 < sdk.get_status_length(text) <= room

    def test_of_plain_words_fills_the_room(self, sdk: Any, mastodon: FakeMastodon) -> None:
        network = speaking(mastodon)
        assert isinstance(network, Mastodon)
        text = network._text(drafted(url=LONG, excerpt="a" * 900))
        assert (sdk.get_status_length(text), graphemes(text)) == (500, 500 + len(LONG) - 23)
