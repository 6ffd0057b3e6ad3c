"""Clients that are slow on purpose cost a socket each, and no one else any time."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import quantiles

import pytest
from waitress.adjustments import Adjustments

from config.web_request import Request
from tests.waiting import wait_until
from tests.web_worker.site import BEGINNINGS, HEADERS, ONE_WORKER, Site, drip, serving, slow_clients, waits

THREADS = 8
"""Of the shipped configuration, two workers of four: as many slow clients stopped the site before."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with serving(tmp_path_factory.mktemp("slow")) as running:
        yield running


@pytest.mark.parametrize("kind", sorted(BEGINNINGS))
class TestReaders:
    def test_are_served_beside_forty_of_each(self, site: Site, kind: str) -> None:
        assert len(waits(site, kind, 5 * THREADS, 10)) == 10

    @pytest.mark.slow
    @pytest.mark.timeout(600)
    def test_wait_less_than_a_second_beside_two_hundred_of_each(self, site: Site, kind: str) -> None:
        assert quantiles(waits(site, kind, 200, 200), n=100)[98] < 1


class TestALargeBody:
    def test_is_refused_before_it_is_sent(self, site: Site) -> None:
        with site.connect() as client:
            client.sendall(b"POST /subscribe/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 40000000\r\n\r\n")
            assert client.recv(65536).startswith(b"HTTP/1.1 413 ")

    def test_is_taken_where_an_export_is_uploaded(self, site: Site) -> None:
        with site.connect() as client:
            head = b"POST /api/v1/imports HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Basic eDp4\r\n"
            client.sendall(head + b"Content-Length: 40000000\r\n\r\n" + b"a" * 39_999_999)
            client.settimeout(1)
            with pytest.raises(TimeoutError):
                client.recv(1)
            client.settimeout(30)
            client.sendall(b"a")
            assert client.recv(65536).startswith(b"HTTP/1.1 401 ")


class TestTheBodyOfAStranger:
    """One megabyte, and 64 of all strangers together; 32 for one who names a session or a token, until all have their share."""

    @pytest.mark.parametrize("path", ["/subscribe/", "/api/v1/imports", "/studio/import/"])
    def test_is_refused_before_it_is_sent(self, path: str) -> None:
        assert answer(f"POST {path} HTTP/1.1\r\nContent-Length: 1048576\r\n\r\n") == 413
        assert answer(f"POST {path} HTTP/1.1\r\nContent-Length: 1048575\r\n\r\n") is None

    @pytest.mark.parametrize("header", ["Authorization: Bearer x", "Cookie: a=b; sessionid=c"])
    def test_is_larger_for_one_who_may_be_signed_in(self, header: str) -> None:
        assert answer(f"POST / HTTP/1.1\r\n{header}\r\nContent-Length: 33554431\r\n\r\n") is None
        assert answer(f"POST / HTTP/1.1\r\n{header}\r\nContent-Length: 33554432\r\n\r\n") == 413

    def test_waits_where_strangers_fill_their_share_and_a_form_does_not(self) -> None:
        head = "POST / HTTP/1.1\r\nContent-Length: {}\r\n\r\n"
        others = [arriving(head.format(1_000_000)) for _ in range(67)]
        assert answer(head.format(1_000_000), others) == 503
        assert answer("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", others) == 503
        assert answer(head.format(60_000), others) is None
        assert answer(head.format(1_000_000), others[1:]) is None
        assert answer(head.replace("\r\n\r\n", "\r\nCookie: sessionid=c\r\n\r\n").format(1_000_000), others) is None

    def test_of_whoever_claims_to_be_signed_in_is_bounded_too(self) -> None:
        head = "POST / HTTP/1.1\r\nCookie: sessionid=c\r\nContent-Length: 33000000\r\n\r\n"
        others: list[Request] = []
        while answer(head, others) is None:
            others.append(arriving(head, others))
            assert len(others) < 100
        assert answer(head, others) == 503
        assert answer("POST / HTTP/1.1\r\nContent-Length: 900000\r\n\r\n", others) is None

    @pytest.mark.long
    def test_is_counted_by_the_worker(self, tmp_path: Path) -> None:
        head = HEADERS + b"Content-Length: 1000000\r\n\r\n"
        with serving(tmp_path, ONE_WORKER) as site, ExitStack() as stack:
            for _ in range(67):
                stack.enter_context(site.connect()).sendall(head + b"a")
            wait_until(lambda: first_line(site, head).startswith(b"HTTP/1.1 503 "), 20)
            assert site.get("/healthz")[0] == 200
            stack.close()
            wait_until(lambda: first_line(site, head) == b"", 20)


class TestARequest:
    """30 seconds for the headers; for a body 60, and a second for each kilobyte."""

    @pytest.mark.parametrize(
        ("sent", "seconds", "too_slow"),
        [
            (b"GET / HTTP/1.1\r\nHost: ", 29, False),
            (b"GET / HTTP/1.1\r\nHost: ", 31, True),
            (b"POST / HTTP/1.1\r\nContent-Length: 99999\r\n\r\n", 59, False),
            (b"POST / HTTP/1.1\r\nContent-Length: 99999\r\n\r\n", 61, True),
            (b"POST / HTTP/1.1\r\nContent-Length: 99999\r\n\r\n" + b"a" * 51_200, 109, False),
            (b"POST / HTTP/1.1\r\nContent-Length: 99999\r\n\r\n" + b"a" * 51_200, 111, True),
        ],
    )
    def test_has_a_time_in_which_to_arrive(self, sent: bytes, seconds: int, too_slow: bool) -> None:
        request = Request(Adjustments())
        while sent:
            sent = sent[request.received(sent) :]
        request.began -= seconds
        assert request.is_too_slow() is too_slow

    @pytest.mark.slow
    def test_is_ended_after_that(self, site: Site) -> None:
        with slow_clients(site, "headers", 1) as clients:
            began = time.monotonic()
            wait_until(lambda: drip(clients) or is_closed(clients[0]), 60, pause=1)
            assert 25 < time.monotonic() - began < 45


def is_closed(client: socket.socket) -> bool:
    """Return whether the server has closed the connection; there was no answer to read."""
    client.setblocking(False)
    try:
        return client.recv(1) == b""
    except BlockingIOError:
        return False
    except ConnectionError:
        return True


def arriving(head: str, others: Sequence[Request] = ()) -> Request:
    """Return a request whose headers have arrived, beside these others."""
    request = type("Beside", (Request,), {"others": staticmethod(lambda: others)})(Adjustments())
    request.received(head.encode())
    return request


def answer(head: str, others: Sequence[Request] = ()) -> int | None:
    """Return the status with which a request is refused before its body, None where the body may come."""
    request = arriving(head, others)
    assert request.completed is bool(request.error)
    return request.error.code if request.error else None


def first_line(site: Site, head: bytes) -> bytes:
    """Return what the site says before it has the body, empty where it waits for that."""
    with site.connect() as client:
        client.settimeout(1)
        client.sendall(head)
        try:
            return client.recv(65536)
        except TimeoutError:
            return b""
