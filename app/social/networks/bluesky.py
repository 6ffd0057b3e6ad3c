"""Bluesky: five calls of AT Protocol to the server that keeps the account's records (atproto.com/specs)."""

import math
import re
from datetime import UTC, datetime
from functools import cached_property
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.utils.translation import gettext_lazy as _

from app.blog.truncation import cut, graphemes
from app.outbound.http import Reply
from app.social.networks.api_client import ApiClient
from app.social.networks.base import SECRET, Draft, Login, NetworkForm, Posted
from app.social.networks.bluesky_session import Session
from app.social.networks.outcomes import RejectedByNetwork, error_of, understand
from app.social.networks.pictures import KIND, jpeg
from app.social.networks.sign_in import SignInNetwork
from app.social.networks.text import compose, hashtags, short

COLLECTION = "app.bsky.feed.post"
LIMIT = 300  # graphemes, and ten octets for each
THUMB_BYTES = 1_000_000
TID = re.compile(r"[234567abcdefghij][234567a-z]{12}")
ALPHABET = "234567abcdefghijklmnopqrstuvwxyz"
PUBLIC = "https://bsky.app/profile"
SERVER = "https://bsky.social"


class BlueskyForm(NetworkForm):
    handle = forms.CharField(
        label=_("Handle"),
        max_length=253,
        help_text=_("For example you.bsky.social."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    secret = forms.CharField(
        label=_("App password"),
        max_length=500,
        help_text=_("From Settings, Privacy and security, App passwords."),
        widget=SECRET,
    )
    endpoint = forms.CharField(
        label=_("Server (PDS)"), max_length=500, required=False, initial=SERVER, help_text=_("Where the account lives.")
    )


class Bluesky(SignInNetwork):
    """The record key is ours and saved before the first call: putRecord twice is one record."""

    name = "bluesky"
    label = "Bluesky"
    form = BlueskyForm
    repeatable = True
    default_server = SERVER
    about = "/xrpc/com.atproto.server.describeServer"

    def __init__(self, login: Login) -> None:
        super().__init__(login)
        self._client = ApiClient(login.endpoint)

    @classmethod
    def new_key(cls, seed: str, at: datetime) -> str:
        chance = int.from_bytes(sha256(seed.encode()).digest()[:8])
        # Imported posts share their times: the last eighteen minutes of the time are chance too.
        return tid(int(at.timestamp() * 1_000_000) >> 30 << 30 | chance >> 34, chance)

    @cached_property
    def _session(self) -> Session:
        return Session(self._client, self.login)

    def identify(self) -> str:
        return self._session.sign_in()

    def post(self, draft: Draft) -> Posted:
        return self._put(draft)

    def edit(self, draft: Draft, remote_id: str) -> Posted:
        return self._put(draft)

    def delete(self, draft: Draft, remote_id: str) -> None:
        understand(self._call("POST", "com.atproto.repo.deleteRecord", body=self._place(draft), acts=True), acts=True)

    def find(self, draft: Draft) -> Posted | None:
        reply = self._call("GET", f"com.atproto.repo.getRecord?{urlencode(self._place(draft))}")
        if error_of(reply).get("error") == "RecordNotFound":
            return None
        return _posted(understand(reply, acts=False, needs="uri")["uri"])

    def _put(self, draft: Draft) -> Posted:
        body = {**self._place(draft), "record": record_of(draft, self._thumb(draft))}
        reply = self._call("POST", "com.atproto.repo.putRecord", body=body, acts=True)
        return _posted(understand(reply, acts=True, needs="uri")["uri"])

    def _place(self, draft: Draft) -> dict[str, str]:
        if not TID.fullmatch(draft.key):
            raise RejectedByNetwork("The post's key is not a record key.")
        return {"repo": self._session.did, "collection": COLLECTION, "rkey": draft.key}

    def _thumb(self, draft: Draft) -> dict[str, Any] | None:
        content = jpeg(draft.picture, at_most=THUMB_BYTES) if draft.picture else b""
        if not content:
            return None
        reply = self._call("POST", "com.atproto.repo.uploadBlob", content=content, headers={"Content-Type": KIND})
        blob: dict[str, Any] = understand(reply, acts=False, needs="blob")["blob"]
        return blob

    def _call(self, method: str, name: str, **what: Any) -> Reply:
        return self._session.call(method, f"/xrpc/{name}", **what)


def tid(microseconds: int, clock: int) -> str:
    """Return a record key: 53 bits of time and 10 of chance, in 13 sortable characters (atproto.com/specs/tid)."""
    number = (microseconds & (2**53 - 1)) << 10 | clock & 1023
    return "".join(ALPHABET[number >> shift & 31] for shift in range(60, -1, -5))


def record_of(draft: Draft, thumb: dict[str, Any] | None) -> dict[str, Any]:
    """Return the record. The same draft makes the same record: its time is the post's, not the clock's."""
    link = short(draft.url)
    text = compose(draft, link=link, limit=LIMIT, measure=size)
    card = {"uri": draft.url, "title": cut(draft.title, 300), "description": cut(draft.excerpt, 1000)}
    if thumb:
        card["thumb"] = thumb  # type: ignore[assignment]
    return {
        "$type": COLLECTION,
        "text": text,
        "createdAt": _moment(draft.published_at),
        "facets": facets(text, link, draft),
        "embed": {"$type": "app.bsky.embed.external", "external": card},
    }


def size(text: str) -> int:
    """Return how much of the limit a text takes (lexicon app.bsky.feed.post: 300 graphemes and 3,000 octets)."""
    return max(graphemes(text), math.ceil(len(text.encode()) / 10))


def facets(text: str, link: str, draft: Draft) -> list[dict[str, Any]]:
    """Return what is a link and what a hashtag in the text, by offsets into its UTF-8."""
    after_words = text.rindex(f"\n\n{link}") + 2
    found = [_facet(text, after_words, link, {"$type": "app.bsky.richtext.facet#link", "uri": draft.url})]
    start = after_words + len(link)
    for tag in hashtags(draft.tags):
        if (at := text.find(tag, start)) >= 0:
            found.append(_facet(text, at, tag, {"$type": "app.bsky.richtext.facet#tag", "tag": tag[1:]}))
            start = at + len(tag)
    return found


def _facet(text: str, at: int, words: str, feature: dict[str, str]) -> dict[str, Any]:
    start = len(text[:at].encode())
    return {"index": {"byteStart": start, "byteEnd": start + len(words.encode())}, "features": [feature]}


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _posted(uri: str) -> Posted:
    did, _, rkey = uri.removeprefix("at://").partition(f"/{COLLECTION}/")
    return Posted(remote_id=uri, url=f"{PUBLIC}/{did}/post/{rkey}")
