"""What an operator and the system do to the web process: what has begun ends whole, and readers do not notice."""

from __future__ import annotations

import os
import re
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import pytest

from owed.models import Effect
from tests.waiting import wait_until
from tests.web_worker.site import BEGINNINGS, PICTURE, SIZE, Site, locked, serving, slow_clients
from tools.devserver import orphans


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The site as it is behind a proxy with TLS."""
    settings = {"SITE_URL": "https://127.0.0.1", "ALLOWED_HOSTS": "127.0.0.1"}
    with serving(tmp_path_factory.mktemp("signals"), "--access-logfile -", **settings) as running:
        yield running


class Reader(threading.Thread):
    """Asks for a page again and again, and keeps the slowest answer and every failure."""

    def __init__(self, site: Site) -> None:
        super().__init__(daemon=True)
        self.site, self.slowest, self.count, self.over = site, 0.0, 0, False
        self.failures: list[str] = []

    def run(self) -> None:
        while not self.over:
            began = time.monotonic()
            try:
                status, _, _ = self.site.get("/healthz", within=60, X_Forwarded_Proto="https")
                if status != 200:
                    self.failures.append(str(status))
            except (OSError, HTTPException) as error:
                self.failures.append(repr(error))
            self.slowest = max(self.slowest, time.monotonic() - began)
            self.count += 1
            time.sleep(0.02)

    def __enter__(self) -> Reader:
        self.start()
        wait_until(lambda: self.count > 3)
        return self

    def __exit__(self, *_: object) -> None:
        self.over = True
        self.join(60)


class TestTerm:
    @pytest.mark.long
    def test_ends_what_has_begun_whole_and_waits_for_no_slow_client(self, tmp_path: Path, transactional_db: None) -> None:
        answers: list[int] = []
        with (
            serving(tmp_path) as site,
            slow_clients(site, "keep-alive", 10),
            slow_clients(site, "body", 10),
            site.connect(65_536) as download,
        ):
            waiting = threading.Thread(target=lambda: answers.append(site.get("/readyz", within=60)[0]))
            download.sendall(BEGINNINGS["unread"])
            received = download.recv(1000)
            with locked(Effect._meta.db_table) as database:
                waiting.start()
                blocked = "SELECT count(*) FROM pg_locks WHERE NOT granted"
                wait_until(lambda: database.execute(blocked).fetchone() != (0,))
                site.send(signal.SIGTERM)
                wait_until(lambda: "Handling signal: term" in site.process.said())
                assert not site.process.ended()
            waiting.join(30)
            while chunk := download.recv(2**20):
                received += chunk
            # gunicorn waits 15 seconds, and kills what is left then.
            assert site.process.process.wait(30) == 0
            assert "SIGKILL" not in site.process.said()
        assert answers == [200]
        assert len(received.partition(b"\r\n\r\n")[2]) == SIZE


@pytest.mark.timed
class TestHup:
    def test_replaces_the_workers_while_readers_are_served(self, site: Site) -> None:
        old = running(site)
        with Reader(site) as reader:
            began = time.monotonic()
            site.send(signal.SIGHUP)
            wait_until(lambda: not alive(old), 60)
            took = time.monotonic() - began
        assert len(running(site)) == 2
        assert not reader.failures
        # Nearly all of it is the time that the new workers need to load the site.
        assert reader.slowest < took / 2


class TestAWorker:
    def test_that_is_killed_is_replaced_while_the_other_serves(self, site: Site) -> None:
        killed, other = running(site)
        os.kill(killed, signal.SIGKILL)
        wait_until(lambda: not alive([killed]))
        assert site.get("/healthz", X_Forwarded_Proto="https")[0] == 200
        wait_until(lambda: len(running(site)) == 2)
        assert other in running(site)

    @pytest.mark.slow
    def test_is_replaced_after_its_requests_without_losing_one(self, tmp_path: Path) -> None:
        with serving(tmp_path, "--max-requests 40 --max-requests-jitter 0") as own:
            first, answers = running(own), 0
            while alive(first):
                assert own.get("/healthz", within=60)[0] == 200
                answers += 1
            assert answers >= 40


class TestTheWebProcess:
    def test_counts_the_requests_of_all_its_workers(self, site: Site, transactional_db: None) -> None:
        before = counted(site)
        for _ in range(20):
            assert site.get("/healthz", X_Forwarded_Proto="https")[0] == 200
        assert counted(site) - before == 20

    def test_writes_the_access_log_that_gunicorn_is_asked_for(self, site: Site) -> None:
        site.get(f"/media/{PICTURE}", User_Agent="Reader 1.0", X_Forwarded_Proto="https")
        line = f'"GET /media/{PICTURE} HTTP/1.1" 200 {SIZE} "-" "Reader 1.0"'
        wait_until(lambda: line in site.process.said())

    def test_hands_on_what_the_proxy_says_of_the_scheme(self, site: Site) -> None:
        assert site.get("/healthz", X_Forwarded_Proto="https")[0] == 200
        assert site.get("/healthz")[0] == 301

    def test_takes_no_path_of_the_site_from_a_header(self, site: Site) -> None:
        with site.connect() as client:
            head = "Host: 127.0.0.1\r\nX-Forwarded-Proto: https\r\nConnection: close"
            client.sendall(f"GET /evil/healthz HTTP/1.1\r\n{head}\r\nSCRIPT_NAME: /evil\r\n\r\n".encode())
            assert client.recv(4096).startswith(b"HTTP/1.1 404 ")

    def test_answers_again_on_a_connection(self, site: Site) -> None:
        with closing(HTTPConnection("127.0.0.1", site.port, timeout=30)) as client:
            client.connect()
            first = client.sock
            for _ in range(3):
                client.request("GET", "/healthz", headers={"X-Forwarded-Proto": "https"})
                assert client.getresponse().read() == b"ok\n"
            assert client.sock is first


def alive(pids: list[int]) -> list[int]:
    return [pid for pid in pids if orphans.alive(pid)]


def running(site: Site) -> list[int]:
    return alive(site.workers())


def counted(site: Site) -> float:
    """Return how many answers of /healthz the metrics tell of."""
    said = site.get("/metrics", X_Forwarded_Proto="https")[1].decode()
    found = re.search(r'^afterword_http_requests_total\{route="healthz",status="200"\} (\S+)$', said, re.MULTILINE)
    return float(found[1]) if found else 0.0
