"""The one guarded HTTP client: requests to addresses that other people chose."""

import logging
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import cache

import httpcore2
import httpx2

from app.outbound.errors import NoReply, Unreachable
from app.outbound.wire import Deadline, GuardedBackend

logger = logging.getLogger("outbound")

SECONDS = 15.0
BYTES = 2**20
USER_AGENT = "Afterword"
SAFE = frozenset({"GET", "HEAD"})
REDIRECTS = frozenset({301, 302, 303, 307, 308})
CREDENTIALS = frozenset({"authorization", "cookie"})


@dataclass(frozen=True, kw_only=True)
class Reply:
    """An answer. `complete` is false when the body broke off: too long, too slow, cut or undecodable."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    complete: bool
    moved_to: str = ""
    """Where redirects led to, empty where none was followed."""

    @property
    def ok(self) -> bool:
        """Return whether the status is 2xx. A redirect is not."""
        return 200 <= self.status < 300

    def retry_at(self, now: datetime) -> datetime | None:
        """Return the moment that Retry-After names (RFC 9110 10.2.3: seconds or a date), None where it names none."""
        text = self.headers.get("retry-after", "").strip()
        if text.isascii() and text.isdecimal():
            # At most a day: a server that says "in a year" must not bury what is owed to it.
            return now + timedelta(seconds=min(int(text[:9]), 86_400))
        try:
            return min(parsedate_to_datetime(text), now + timedelta(days=1))
        except (ValueError, TypeError):
            return None


def request(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    content: bytes = b"",
    seconds: float = SECONDS,
    max_bytes: int = BYTES,
    tls: ssl.SSLContext | None = None,
    follow: int = 0,
) -> Reply:
    """Send one request, within `seconds` in all, and read at most `max_bytes` of the unpacked body.

    Raises Unreachable (nothing was sent) or NoReply (it may have been acted on). Redirects come back as they are, so that
    nothing acts where it was not sent; a GET may `follow` a few. Each is checked like the first, carries no credentials to
    another origin, and never goes from https to http.
    """
    target, deadline, given, moved_to = _target(url), Deadline(seconds), dict(headers or {}), ""
    while True:
        outgoing = httpx2.Request(method, target, headers=_sendable({"User-Agent": USER_AGENT, **given}), content=content)
        reply = _exchange(outgoing, deadline, max_bytes, tls or _tls())
        onward = _onward(reply, target) if follow and method in SAFE else None
        if onward is None:
            return replace(reply, moved_to=moved_to)
        # A token for one host must not reach the host that it redirects to.
        if _origin(onward) != _origin(target):
            given = {name: value for name, value in given.items() if name.lower() not in CREDENTIALS}
        target, moved_to, follow = onward, str(onward), follow - 1


def check(url: str) -> None:
    """Raise Unreachable for a URL that could never be called, whatever its host's addresses are."""
    _target(url)


def _sendable(headers: dict[str, str]) -> dict[str, str]:
    """Return headers that a request can hold. Raises Unreachable: a token with a line break in it opens no door."""
    if not all(value.isascii() and value.isprintable() for value in headers.values()):
        raise _unreachable("header")
    return headers


def _exchange(outgoing: httpx2.Request, deadline: Deadline, max_bytes: int, tls: ssl.SSLContext) -> Reply:
    backend = GuardedBackend(deadline)
    # A pool for one request: a connection that is kept would skip the check of its address the next time.
    with httpcore2.ConnectionPool(ssl_context=tls, network_backend=backend, max_connections=1) as pool:
        response = _send(pool, outgoing)
        body, complete = _read(response, max_bytes)
    return Reply(status=response.status_code, headers=response.headers, body=body, complete=complete)


def _onward(reply: Reply, target: httpx2.URL) -> httpx2.URL | None:
    """Return where a redirect leads to, or None."""
    place = reply.headers.get("location", "")
    if reply.status not in REDIRECTS or not place:
        return None
    onward = _target(place, seen_from=target)
    if (target.scheme, onward.scheme) == ("https", "http"):
        raise _unreachable("downgrade")
    return onward


def _origin(url: httpx2.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


def _target(url: str, seen_from: httpx2.URL | None = None) -> httpx2.URL:
    try:
        target = seen_from.join(url) if seen_from else httpx2.URL(url)
    except httpx2.InvalidURL:
        raise _unreachable("url") from None
    # What parsers read differently is refused: one would check one host, and another call the other.
    odd = set(target.host) & set("\\%@/ ") or set(url) & set("\\ \t\r\n")
    if target.scheme not in {"http", "https"} or not target.host or target.userinfo or odd:
        raise _unreachable("url")
    return target


def _send(pool: httpcore2.ConnectionPool, outgoing: httpx2.Request) -> httpx2.Response:
    url = outgoing.url
    address = httpcore2.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
    sent = httpcore2.Request(outgoing.method, address, headers=outgoing.headers.raw, content=outgoing.read())
    try:
        answer = pool.handle_request(sent)
    except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
        raise _unreachable(str(error)) from None
    except (httpcore2.TimeoutException, httpcore2.NetworkError, httpcore2.RemoteProtocolError):
        raise NoReply from None
    return httpx2.Response(answer.status, headers=answer.headers, stream=_Stream(answer), request=outgoing)


def _read(response: httpx2.Response, max_bytes: int) -> tuple[bytes, bool]:
    body = bytearray()
    try:
        for piece in response.iter_bytes():
            body += piece[: max_bytes + 1 - len(body)]
            if len(body) > max_bytes:
                return bytes(body[:max_bytes]), False
    except (httpcore2.TimeoutException, httpcore2.NetworkError, httpcore2.ProtocolError, httpx2.DecodingError):
        return bytes(body), False
    return bytes(body), True


class _Stream(httpx2.SyncByteStream):
    def __init__(self, answer: httpcore2.Response) -> None:
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        yield from self._answer.iter_stream()

    def close(self) -> None:
        self._answer.close()


@cache
def _tls() -> ssl.SSLContext:
    # SSL_CERT_FILE in the environment is for the operator's own tools, not for addresses that users chose.
    return httpx2.create_ssl_context(trust_env=False)


def _unreachable(reason: str) -> Unreachable:
    """Keep the reason for the operator's log: in the answer it would reveal which inner ports are open."""
    logger.info("outbound.unreachable", extra={"reason": reason[:80]})
    return Unreachable()
