"""Mastodon and what speaks its API (docs.joinmastodon.org/methods/statuses)."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote, urlsplit

from django import forms
from django.utils.translation import gettext_lazy as _

from app.outbound.http import Reply
from app.social.networks.api_client import ApiClient
from app.social.networks.base import SECRET, Draft, Login, NetworkForm, Posted
from app.social.networks.outcomes import Declined, Revoked, Unknown, understand
from app.social.networks.pictures import KIND, jpeg
from app.social.networks.sign_in import SignInNetwork
from app.social.networks.text import compose

LIMIT, LINK_LENGTH = 500, 23
PICTURE_BYTES = 4_000_000
PAGE, PAGES = 40, 5
EARLIER = timedelta(hours=1)  # the server's clock may be behind ours
STATUSES, INSTANCE = "/api/v1/statuses", "/api/v2/instance"
ADDRESS = re.compile(r"https?://\S+")
BOUNDARY = "afterword-b5a1c0ffee"


class MastodonForm(NetworkForm):
    endpoint = forms.CharField(
        label=_("Server"),
        max_length=500,
        help_text=_("For example mastodon.social."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    secret = forms.CharField(
        label=_("Access token"),
        max_length=500,
        help_text=_(
            "From Preferences, Development, New application, with profile, read:accounts, read:statuses, "
            "write:statuses and write:media."
        ),
        widget=SECRET,
    )


class Mastodon(SignInNetwork):
    """Its servers keep an Idempotency-Key for an hour, and not all of them do: after a lost answer, look first."""

    name = "mastodon"
    label = "Mastodon"
    form = MastodonForm
    repeatable = False
    about = INSTANCE

    def __init__(self, login: Login) -> None:
        super().__init__(login)
        self._client = ApiClient(login.endpoint)

    def identify(self) -> str:
        me = self._me()
        self._page(me["id"], "?limit=1")
        return f"@{me['username']}@{urlsplit(self.login.endpoint).netloc}"

    def post(self, draft: Draft) -> Posted:
        status = {"status": self._text(draft), "media_ids": self._pictures(draft)}
        reply = self._call("POST", STATUSES, body=status, headers={"Idempotency-Key": draft.key}, acts=True)
        return _posted(understand(reply, acts=True, needs="id"))

    def edit(self, draft: Draft, remote_id: str) -> Posted:
        path = f"{STATUSES}/{quote(remote_id, safe='')}"
        status = self._read(path)
        kept = [picture["id"] for picture in status.get("media_attachments", [])]  # an edit without them takes them away
        body = {"status": self._text(draft), "media_ids": kept}
        return _posted(understand(self._call("PUT", path, body=body, acts=True), acts=True, needs="id"))

    def delete(self, draft: Draft, remote_id: str) -> None:
        if remote_id:
            reply = self._call("DELETE", f"{STATUSES}/{quote(remote_id, safe='')}", acts=True)
            if reply.status not in (404, 410):
                understand(reply, acts=True)

    def find(self, draft: Draft) -> Posted | None:
        """Look for the canonical address in what the account posted since the post became public."""
        since = draft.published_at - EARLIER
        for status in self._statuses():
            if draft.url in _links(status["content"]):
                return _posted(status)
            if datetime.fromisoformat(status["created_at"]) < since and not status.get("pinned"):
                return None
        return None

    def _statuses(self) -> Iterator[dict[str, Any]]:
        """Yield the account's own statuses, newest first. Raises Unknown where they cannot be read far enough."""
        me, query = self._me()["id"], f"?limit={PAGE}&exclude_reblogs=true"
        for _page in range(PAGES):
            page = self._page(me, query)
            if not page:
                return
            yield from page
            query = f"?limit={PAGE}&exclude_reblogs=true&max_id={quote(page[-1]['id'], safe='')}"
        raise Unknown(f"the account posted more than {PAGE * PAGES} times since")

    def _page(self, account: str, query: str) -> list[dict[str, Any]]:
        reply = self._call("GET", f"/api/v1/accounts/{quote(account, safe='')}/statuses{query}")
        if reply.status in (403, 404):
            raise Unknown("the token may not read the account's posts (read:statuses)")
        page: list[dict[str, Any]] = understand(reply, acts=False)
        return page

    def _me(self) -> dict[str, Any]:
        return self._read("/api/v1/accounts/verify_credentials")

    def _pictures(self, draft: Draft) -> list[str]:
        """Upload the cover. A picture that the server does not take at once is left out: the link has a card anyway."""
        content = jpeg(draft.picture, at_most=PICTURE_BYTES) if draft.picture else b""
        if not content:
            return []
        kind = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
        reply = self._call("POST", "/api/v2/media", content=_multipart(content, draft.picture_alt), headers=kind)
        if reply.status in (200, 400, 404, 413, 415, 422):
            return [understand(reply, acts=False, needs="id")["id"]] if reply.ok else []
        understand(reply, acts=False)
        return []

    def _text(self, draft: Draft) -> str:
        limit, link_length = self._limit()
        return compose(draft, link=draft.url, limit=limit, measure=partial(counted, link=draft.url, link_length=link_length))

    def _limit(self) -> tuple[int, int]:
        """Return how many characters this server takes, and as how many it counts a link."""
        reply = self._call("GET", INSTANCE)
        if not reply.ok:
            return LIMIT, LINK_LENGTH
        try:
            limits = understand(reply, acts=False)["configuration"]["statuses"]
            return int(limits["max_characters"]), int(limits.get("characters_reserved_per_url", LINK_LENGTH))
        except (KeyError, TypeError, ValueError, Declined):
            return LIMIT, LINK_LENGTH

    def _read(self, path: str) -> dict[str, Any]:
        said: dict[str, Any] = understand(self._call("GET", path), acts=False, needs="id")
        return said

    def _call(self, method: str, path: str, **what: Any) -> Reply:
        if not self.login.secret:
            raise Revoked("The access token is missing. Connect the account again.")
        return self._client.call(method, path, token=self.login.secret, **what)


def counted(text: str, link: str, link_length: int) -> int:
    """Return how long the text is to a server: a link counts the same however long it is."""
    words = text.replace(link, "")
    short = sum(max(0, link_length - len(address)) for address in ADDRESS.findall(words))
    return len(words) + short + link_length * text.count(link)


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found |= {value for name, value in attrs if name == "href" and value}

    def handle_data(self, data: str) -> None:
        self.found |= set(data.split())


def _links(content: str) -> set[str]:
    """Return the addresses in a status, linked or plain."""
    parser = _Links()
    parser.feed(content)
    parser.close()
    return parser.found


def _posted(status: dict[str, Any]) -> Posted:
    return Posted(remote_id=str(status["id"]), url=str(status.get("url") or ""))


def _multipart(content: bytes, alt: str) -> bytes:
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="description"\r\n\r\n{alt}\r\n--{BOUNDARY}\r\n'
    head += f'Content-Disposition: form-data; name="file"; filename="cover.jpg"\r\nContent-Type: {KIND}\r\n\r\n'
    return head.encode() + content + f"\r\n--{BOUNDARY}--\r\n".encode()
