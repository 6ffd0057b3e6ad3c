"""Redirects, which a GET may follow a little way and which lead nowhere that the first address could not have led."""

import time
from typing import Any

import pytest
from pytest_django import Settings

from app.outbound import http
from app.outbound.errors import OutboundFailed, Unreachable
from tests.outbound.receiver import Answer, Handler, hangs, receiving, says

HOSTILE = [
    "http://127.0.0.1:{victim}/hook",
    "//127.0.0.1:{victim}/hook",
    "http://2130706433:{victim}/hook",
    "http://localhost:{victim}/hook",
    "http://[::ffff:127.0.0.1]:{victim}/hook",
    "http://127.0.0.2:{own}\\@127.0.0.1:{victim}/hook",
    "http://169.254.169.254/latest/meta-data/",
    "http://127.0.0.2:6379/",
    "http://user:secret@127.0.0.2:{own}/hook",
    "file:///etc/hostname",
    "gopher://127.0.0.2:{own}/",
    "data:text/plain,x",
    "http://[::1",
]


@pytest.fixture(autouse=True)
def _some_loopback(settings: Settings) -> None:
    """Allow the place where redirects come from, and not the one where the secrets are."""
    settings.OUTBOUND_ALLOW = ("127.0.0.2/32",)


def get(url: str, **kwargs: Any) -> http.Reply:
    return http.request("GET", url, **{"seconds": 5, "follow": 3, **kwargs})


def moved(place: str, status: int = 302) -> Answer:
    return says(status, Location=place)


def reached(receiver: Any) -> str:
    return f"http://127.0.0.2:{receiver.port}/hook"


class TestARedirect:
    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    def test_is_followed_by_a_get_that_says_so(self, status: int) -> None:
        with receiving(moved("../there?q=1#part", status), says(200, b"here"), host="127.0.0.2") as receiver:
            reply = get(reached(receiver))
            place = f"http://127.0.0.2:{receiver.port}/there?q=1"
        assert (reply.ok, reply.body, reply.moved_to.partition("#")[0]) == (True, b"here", place)
        assert [(each.method, each.path) for each in receiver.received] == [("GET", "/hook"), ("GET", "/there?q=1")]

    def test_is_never_followed_by_what_acts(self) -> None:
        with receiving(moved("/there"), host="127.0.0.2") as receiver:
            reply = http.request("POST", reached(receiver), content=b"x", follow=3)
        assert (reply.status, reply.moved_to, len(receiver.received)) == (302, "", 1)

    def test_in_a_circle_ends_after_three(self) -> None:
        with receiving(moved("/hook"), host="127.0.0.2") as receiver:
            reply = get(reached(receiver))
        assert (reply.status, reply.ok, len(receiver.received)) == (302, False, 4)

    def test_to_nowhere_is_an_answer(self) -> None:
        with receiving(says(302), host="127.0.0.2") as receiver:
            assert (get(reached(receiver)).status, len(receiver.received)) == (302, 1)

    @pytest.mark.parametrize("place", HOSTILE)
    def test_leads_nowhere_that_the_first_address_could_not(self, place: str) -> None:
        with receiving(says(200, b"secret")) as victim, receiving(host="127.0.0.2") as receiver:
            receiver.answers.append(moved(place.format(victim=victim.port, own=receiver.port)))
            with pytest.raises(Unreachable) as refused:
                get(reached(receiver))
        assert (str(refused.value), victim.received, len(receiver.received)) == (str(Unreachable()), [], 1)

    def test_takes_credentials_along_on_its_origin_only(self) -> None:
        told = {"Authorization": "Bearer x", "Cookie": "a=b", "Accept": "text/plain"}
        with receiving(host="127.0.0.2") as other, receiving(moved("/there"), host="127.0.0.2") as receiver:
            receiver.answers.append(moved(reached(other)))
            get(reached(receiver), headers=told)
        names = [{"authorization", "cookie", "accept"} & each.headers.keys() for each in receiver.received + other.received]
        assert names == [{"authorization", "cookie", "accept"}] * 2 + [{"accept"}]


@pytest.mark.timed
class TestTheTime:
    def test_of_all_redirects_together_is_the_time_of_one_request(self) -> None:
        def slow(handler: Handler) -> None:
            handler.receiver.stopped.wait(0.4)
            moved("/hook")(handler)

        with receiving(slow, host="127.0.0.2") as receiver, pytest.raises(OutboundFailed):
            get(reached(receiver), seconds=1)
        # Each alone is in time: without a common end, redirects would be followed up to their limit.
        assert len(receiver.received) in {2, 3}

    def test_ends_at_a_place_that_says_nothing(self) -> None:
        started = time.monotonic()
        with (
            receiving(hangs, host="127.0.0.2") as silent,
            receiving(host="127.0.0.2") as receiver,
            pytest.raises(OutboundFailed),
        ):
            receiver.answers.append(moved(reached(silent)))
            get(reached(receiver), seconds=0.5)
        assert time.monotonic() - started < 8
