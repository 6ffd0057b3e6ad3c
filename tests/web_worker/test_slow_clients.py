"""Clients that are slow on purpose cost a socket each, and no one else any time."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from statistics import quantiles

import pytest
from waitress.adjustments import Adjustments

from config.web_request import Request
from tests.waiting import wait_until
from tests.web_worker.site import BEGINNINGS, Site, drip, serving, slow_clients, waits

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
            head = b"POST /api/v1/imports HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 40000000\r\n\r\n"
            client.sendall(head + b"a" * 39_999_999)
            client.settimeout(1)
            with pytest.raises(TimeoutError):
                client.recv(1)
            client.settimeout(30)
            client.sendall(b"a")
            assert client.recv(65536).startswith(b"HTTP/1.1 401 ")


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
