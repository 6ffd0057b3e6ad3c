"""A domain that puts our mail off is tried again later, and holds up no other."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.cache import cache
from django.db.models import TextField, Value
from django.db.models.functions import Concat
from django.test import Client
from django.utils import timezone

from app.accounts.models import User
from app.blog.models import Post
from app.newsletter import recipient_domains
from app.newsletter.announcing import expand, send_publication_notifications
from app.newsletter.delivering import Deferred, deliver
from app.newsletter.models import Delivery, Send, Subscriber
from app.newsletter.outcomes import DomainOutcome, by_domain
from tests.sinks import FaultyServer

pytestmark = [pytest.mark.django_db, pytest.mark.covers("E6")]
Readers = Callable[..., list[Subscriber]]
SLOW = "slow.example"


@pytest.fixture(autouse=True)
def many(monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(recipient_domains, "MANY", 3)
    return 3


@pytest.fixture
def ids(post: Post) -> list[int]:
    """Twelve deliveries: every second one to the domain that puts mail off."""
    addresses = [f"r{n}@{SLOW if n % 2 else f'd{n}.example'}" for n in range(12)]
    now = timezone.now()
    Subscriber.objects.bulk_create([Subscriber(email=each, state="confirmed", confirmed_at=now) for each in addresses])
    send = send_publication_notifications(post.pk, now=now)
    assert send
    expand(send.pk, after=0)
    return list(Delivery.objects.order_by("pk").values_list("pk", flat=True))


def slowly(reply: str) -> Callable[[str], str | None]:
    return lambda line: reply if SLOW in line else None


def asked(server: FaultyServer) -> int:
    return sum(line.lower().startswith("rcpt") and SLOW in line for line in server.commands)


def states() -> dict[str, int]:
    found = Delivery.objects.values_list("state", flat=True)
    return {state: list(found).count(state) for state in set(found)}


def rest_is_over() -> None:
    """Let the time pass that the domain is left alone."""
    cache.delete(f"breaker:rest:mail%20to%20{SLOW}")


@pytest.mark.parametrize("pipelining", [False, True], ids=["one by one", "pipelining"])
class TestADomainThatPutsManyOff:
    @pytest.fixture(autouse=True)
    def offer(self, pipelining: bool, faulty: FaultyServer) -> None:
        if pipelining:
            faulty.extensions = [*faulty.extensions, "PIPELINING"]

    @pytest.mark.parametrize("phase", ["rcpt", "data"])
    def test_is_left_alone_while_the_others_go_on(self, faulty: FaultyServer, ids: list[int], phase: str) -> None:
        last = ""

        def reply(line: str) -> str | None:
            nonlocal last
            last = line if line.lower().startswith("rcpt") else last
            return "450 4.2.0 greylisted" if SLOW in last and line.lower().startswith(phase) else None

        faulty.faults = {"rcpt": reply, "data": reply}
        with pytest.raises(Deferred, match=r"450 4\.2\.0"):
            deliver(ids)
        assert states() == {"sent": 6, "pending": 6}
        assert asked(faulty) == 3
        with pytest.raises(Deferred, match="put off for a while"):
            deliver(ids)
        assert asked(faulty) == 3

    def test_is_tried_once_after_its_rest_and_gets_all_when_it_takes_one(self, faulty: FaultyServer, ids: list[int]) -> None:
        faulty.faults = {"rcpt": slowly("451 4.7.1 try later")}
        with pytest.raises(Deferred):
            deliver(ids)
        rest_is_over()
        with pytest.raises(Deferred):
            deliver(ids)
        assert asked(faulty) == 4
        rest_is_over()
        faulty.heal()
        deliver(ids)
        assert states() == {"sent": 12}
        assert Send.objects.get().state == "finished"


class TestAnAnswerThatIsNotOfADomain:
    @pytest.mark.parametrize("reply", ["450 4.2.2 full", "450 4.1.1 being verified", "451 4.3.0 our own trouble"])
    def test_leaves_no_one_alone(self, faulty: FaultyServer, ids: list[int], reply: str) -> None:
        faulty.faults = {"rcpt": slowly(reply)}
        with pytest.raises(Deferred):
            deliver(ids)
        assert asked(faulty) == 6
        faulty.heal()
        deliver(ids)
        assert states() == {"sent": 12}


class TestARefusalOfOneReader:
    def test_for_good_fails_no_other_of_the_domain(self, faulty: FaultyServer, ids: list[int]) -> None:
        faulty.faults = {"rcpt": lambda line: "550 5.1.1 who?" if "r3@" in line else None}
        deliver(ids)
        assert states() == {"sent": 11, "failed": 1}

    def test_for_now_between_mails_that_are_taken_starts_the_count_again(self, faulty: FaultyServer, ids: list[int]) -> None:
        faulty.faults = {"rcpt": lambda line: "450 4.2.0 later" if line[9:12] in {"r1@", "r3@", "r7@", "r9@"} else None}
        with pytest.raises(Deferred):
            deliver(ids)
        assert (states(), asked(faulty)) == ({"sent": 8, "pending": 4}, 6)


class TestTheAccountOfAMailing:
    def test_has_outcomes_by_domain_and_small_domains_as_one(self, faulty: FaultyServer, ids: list[int]) -> None:
        faulty.faults = {"rcpt": lambda line: "450 4.7.1 later" if SLOW in line else "550 5.1.1 who?" if "d4" in line else None}
        with pytest.raises(Deferred):
            deliver(ids)
        assert by_domain(Send.objects.get()) == [
            DomainOutcome(domain=SLOW, copies=6, sent=0, waiting=6, failed=0, unknown=0, is_put_off=True),
            DomainOutcome(domain="", copies=6, sent=5, waiting=0, failed=1, unknown=0),
        ]

    def test_names_no_domain_of_a_few(self, ids: list[int]) -> None:
        Subscriber.objects.filter(email__endswith=SLOW).update(
            email=Concat("email", Value(".x"), "pk", output_field=TextField())
        )
        assert by_domain(Send.objects.get()) == []

    def test_shows_them_on_its_page(self, client: Client, author: User, ids: list[int]) -> None:
        client.force_login(author)
        page = client.get(f"/studio/sends/{Send.objects.get().pk}/").content.decode()
        assert f"<bdi>{SLOW}</bdi>" in page
        assert "r1@" not in page
