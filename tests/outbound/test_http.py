"""The guarded client against real servers on loopback."""

import gzip
import socket
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pytest_django import Settings

from app.outbound import http
from app.outbound.errors import NoReply, OutboundFailed, Unreachable
from tests.outbound.receiver import Answer, cuts, floods, hangs, receiving, says, trickles, trickles_the_head

TABLE = """
127.0.0.1 127.1 127.0.1 127.0.0.1. 2130706433 0x7f000001 0x7f.1 0177.0.0.1 017700000001 0.0.0.0 0 localhost localhost. LOCALHOST
10.0.0.1 100.64.0.1 169.254.169.254 metadata.google.internal 172.16.0.1 192.168.0.1 198.18.0.1 224.0.0.1
240.0.0.1 255.255.255.255
[::] [::1] [0:0:0:0:0:0:0:1] [::ffff:127.0.0.1] [::ffff:7f00:1] [::127.0.0.1] [64:ff9b::7f00:1]
[2002:7f00:1::] [fc00::1] [fe80::1]
[fe80::1%25lo] [fd00:ec2::254] [ff02::1] ①②⑦.⓪.⓪.① 127。0。0。1 １２７.0.0.1
"""
HOSTS = TABLE.split()
TRICKS = [
    "http://user@127.0.0.1:{port}/",
    "http://1.1.1.1@127.0.0.1:{port}/",
    "http://127.0.0.1:{port}#@1.1.1.1/",
    "http://127.0.0.1:{port}\\@1.1.1.1/",
    "http://1.1.1.1\\@127.0.0.1:{port}/",
    "http:\\\\127.0.0.1:{port}/",
    "http://127.0.0.1%00.example:{port}/",
    "http://127.0.0.1%2f@1.1.1.1:{port}/",
    "http:///127.0.0.1:{port}/",
    "//127.0.0.1:{port}/",
    "127.0.0.1:{port}",
    "file:///etc/hostname",
    "gopher://127.0.0.1:{port}/",
    "ftp://127.0.0.1:{port}/",
    "unix:///run/postgresql",
    "http+unix://%2Frun%2Fpostgresql/",
    "data:text/plain,x",
    "ws://127.0.0.1:{port}/",
    "http://",
    "",
    "http://exa mple/",
    "http://127.0.0.1:{port}\r\nHost: x",
    "http://[::1",
    "http://127.0.0.1:99999/",
    "http://127.0.0.1:-1/",
]
PORTS = [22, 25, 465, 587, 2375, 3306, 5432, 5555, 6379, 9200, 11211, 27017, 0]


@pytest.fixture
def strict(settings: Settings) -> None:
    settings.OUTBOUND_ALLOW = ()


@pytest.fixture
def loopback(settings: Settings) -> None:
    settings.OUTBOUND_ALLOW = ("127.0.0.0/8", "::1/128")


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Give names addresses, a new answer at each question; the list says what was asked."""

    def answers(**table: list[list[str]]) -> list[str]:
        real, asked = socket.getaddrinfo, []

        def getaddrinfo(host: str, port: int, *args: Any, **kwargs: Any) -> list[Any]:
            if host.split(".")[0] not in table:
                return real(host, port, *args, **kwargs)
            asked.append(host)
            rounds = table[host.split(".")[0]]
            found = rounds.pop(0) if len(rounds) > 1 else rounds[0]
            return [entry for address in found for entry in real(address, port, type=socket.SOCK_STREAM)]

        monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
        return asked

    return answers


def get(url: str, **kwargs: Any) -> http.Reply:
    return http.request("GET", url, **{"seconds": 5, **kwargs})


class TestRefusal:
    @pytest.mark.usefixtures("strict")
    @pytest.mark.parametrize("host", HOSTS)
    def test_meets_every_inner_host(self, host: str) -> None:
        with receiving() as receiver, pytest.raises(Unreachable) as refused:
            get(f"http://{host}:{receiver.port}/")
        assert (str(refused.value), receiver.received) == (str(Unreachable()), [])

    @pytest.mark.usefixtures("loopback")
    @pytest.mark.parametrize("url", TRICKS)
    def test_meets_every_trick_even_where_loopback_is_allowed(self, url: str) -> None:
        with receiving() as receiver:
            if url == "http://127.0.0.1:{port}#@1.1.1.1/":  # a fragment: the host is what stands before it, and no other
                assert get(url.format(port=receiver.port)).ok
                return
            with pytest.raises(Unreachable) as refused:
                get(url.format(port=receiver.port))
        assert (str(refused.value), receiver.received) == (str(Unreachable()), [])

    @pytest.mark.usefixtures("loopback")
    @pytest.mark.parametrize("port", PORTS)
    def test_meets_the_ports_of_databases_and_mail(self, port: int) -> None:
        with pytest.raises(Unreachable):
            get(f"http://127.0.0.1:{port}/")

    @pytest.mark.usefixtures("loopback")
    def test_tells_a_closed_port_as_it_tells_a_refused_one(self) -> None:
        with receiving() as receiver:
            closed = receiver.port
        with pytest.raises(Unreachable) as nobody:
            get(f"http://127.0.0.1:{closed}/")
        with pytest.raises(Unreachable) as refused:
            get("http://10.0.0.1/")
        assert str(nobody.value) == str(refused.value)

    @pytest.mark.usefixtures("strict")
    def test_keeps_the_reason_for_the_log(self, caplog: pytest.LogCaptureFixture) -> None:
        with caplog.at_level("INFO", logger="outbound"), pytest.raises(Unreachable):
            get("http://127.0.0.1/")
        assert [(record.message, record.reason) for record in caplog.records] == [("outbound.unreachable", "refused")]  # type: ignore[attr-defined]


class TestNames:
    @pytest.mark.usefixtures("strict")
    def test_with_one_inner_address_among_public_ones_are_refused(self, names: Callable[..., list[str]]) -> None:
        names(mixed=[["1.1.1.1", "127.0.0.1"]])
        with receiving() as receiver, pytest.raises(Unreachable):
            get(f"http://mixed.example:{receiver.port}/")
        assert receiver.received == []

    def test_are_asked_once_so_that_a_second_answer_cannot_lead_elsewhere(
        self, names: Callable[..., list[str]], settings: Settings
    ) -> None:
        settings.OUTBOUND_ALLOW = ("127.0.0.2/32",)
        asked = names(rebinding=[["127.0.0.2"], ["127.0.0.1"]])
        with receiving(host="127.0.0.2") as allowed:
            assert get(f"http://rebinding.example:{allowed.port}/").ok
        assert asked == ["rebinding.example"]

    @pytest.mark.usefixtures("loopback")
    def test_stay_in_the_host_header(self, names: Callable[..., list[str]]) -> None:
        names(named=[["127.0.0.1"]])
        with receiving() as receiver:
            get(f"http://named.example:{receiver.port}/path?q=1")
        assert [(seen.headers["host"], seen.path) for seen in receiver.received] == [
            (f"named.example:{receiver.port}", "/path?q=1")
        ]

    @pytest.mark.usefixtures("loopback")
    def test_with_a_dead_first_address_are_tried_at_the_next(self, names: Callable[..., list[str]]) -> None:
        names(two=[["127.0.0.3", "127.0.0.1"]])
        with receiving() as receiver:
            assert get(f"http://two.example:{receiver.port}/").ok

    @pytest.mark.usefixtures("loopback")
    @pytest.mark.timed
    def test_of_a_silent_resolver_cost_no_more_than_the_time_given(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: time.sleep(8) or [])
        started = time.monotonic()
        with pytest.raises(Unreachable):
            get("http://slow.example/", seconds=0.3)
        assert time.monotonic() - started < 6


@pytest.mark.usefixtures("loopback")
@pytest.mark.timed
class TestTime:
    @pytest.mark.parametrize("answer", [hangs, trickles_the_head])
    def test_ends_a_server_that_does_not_come_to_the_point(self, answer: Answer) -> None:
        started = time.monotonic()
        with receiving(answer) as receiver, pytest.raises(NoReply):
            get(receiver.url, seconds=0.5)
        assert time.monotonic() - started < 8

    def test_ends_a_body_that_trickles_and_says_that_it_broke_off(self) -> None:
        started = time.monotonic()
        with receiving(trickles) as receiver:
            reply = get(receiver.url, seconds=0.5)
        assert (reply.status, reply.complete) == (200, False)
        assert time.monotonic() - started < 8


@pytest.mark.usefixtures("loopback")
class TestReply:
    def test_of_endless_length_is_cut(self) -> None:
        with receiving(floods) as receiver:
            reply = get(receiver.url, max_bytes=100_000)
        assert (len(reply.body), reply.complete) == (100_000, False)

    def test_of_a_gzip_bomb_is_cut_as_it_unpacks(self) -> None:
        bomb = gzip.compress(gzip.compress(bytes(50_000_000)))
        with receiving(says(200, bomb, Content_Encoding="gzip, gzip")) as receiver:
            reply = get(receiver.url, max_bytes=100_000)
        assert (len(reply.body), reply.complete) == (100_000, False)

    def test_is_unpacked_when_it_is_honest(self) -> None:
        with receiving(says(200, gzip.compress(b"hello"), Content_Encoding="gzip")) as receiver:
            assert get(receiver.url).body == b"hello"

    def test_of_broken_packing_is_incomplete(self) -> None:
        with receiving(says(200, b"no gzip", Content_Encoding="gzip")) as receiver:
            assert not get(receiver.url).complete

    @pytest.mark.parametrize("place", ["http://127.0.0.1:6379/", "file:///etc/hostname", "gopher://127.0.0.1/", "/hook"])
    def test_that_redirects_is_not_followed(self, place: str) -> None:
        with receiving(says(302, Location=place)) as receiver:
            reply = get(receiver.url)
        assert (reply.status, reply.ok, len(receiver.received)) == (302, False, 1)

    def test_that_never_comes_is_told_apart_from_a_host_that_was_not_reached(self) -> None:
        with receiving(cuts) as receiver, pytest.raises(NoReply):
            get(receiver.url)
        assert issubclass(NoReply, OutboundFailed)
        assert not issubclass(NoReply, Unreachable)

    def test_says_when_to_come_back(self) -> None:
        now = datetime(2026, 11, 22, 12, tzinfo=UTC)
        moments = {
            text: http.Reply(status=429, headers={"retry-after": text}, body=b"", complete=True).retry_at(now)
            for text in (
                "30",
                "Sun, 22 Nov 2026 12:01:00 GMT",
                "soon",
                "",
                "-5",
                "99999999999",
                "Sun, 22 Nov 2099 12:01:00 GMT",
            )
        }
        day = now + timedelta(days=1)
        expected = [now + timedelta(seconds=30), now + timedelta(minutes=1), None, None, None, day, day]
        assert list(moments.values()) == expected


@pytest.mark.usefixtures("loopback")
class TestEnvironment:
    def test_has_no_say(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with receiving() as proxy, receiving() as receiver:
            for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
                monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
            get(receiver.url)
        assert (len(receiver.received), proxy.received) == (1, [])
