"""A mail server that is down: tried now and then by one worker, while the deliveries wait in the ledger and use up no try."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from urllib.parse import quote

import pytest
from django.core.cache import cache
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone
from pytest_django import Settings

from app.accounts.models import User
from app.blog.models import Post
from app.mail import conversation
from app.mail.errors import Unreachable
from app.newsletter.announcing import expand, send_publication_notifications
from app.newsletter.delivering import confirm
from app.newsletter.models import Confirmation, Delivery, Send, Subscriber
from app.notices.models import Notice
from app.notices.sending import send_notice
from app.outbound import breaker
from owed import Later
from owed.models import Effect
from owed.testing import drain
from tests.servers import unused_port
from tests.sinks import CUT, HANG, FaultyServer
from tests.waiting import wait_until

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.covers("X12", "E6"),
    pytest.mark.usefixtures("twenty_in_an_effect"),
]
READERS = 200
HINTS = READERS // 20  # twenty mails in an effect
PATIENCE, REST_SECONDS = 0.5, 60.0
TRIES = 59
REST = f"breaker:rest:{quote(breaker.MAIL)}"


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give up a phase soon, and let no rest end before the test says so."""
    for phase in conversation.SECONDS:
        monkeypatch.setitem(conversation.SECONDS, phase, PATIENCE)
    for name in ("SHORTEST", "PROBE"):
        monkeypatch.setattr(breaker, name, REST_SECONDS)


@pytest.fixture
def owed(post: Post, readers: Callable[..., list[Subscriber]]) -> Iterator[None]:
    """A post owed to many readers, ten hints' worth, and nothing else."""
    readers(READERS)
    Effect.objects.all().delete()
    send = send_publication_notifications(post.pk, now=timezone.now())
    assert send
    Effect.objects.all().delete()
    expand(send.pk, after=0)
    return


@pytest.fixture(params=["hangs", "refuses"])
def down(request: pytest.FixtureRequest, faulty: FaultyServer, settings: Settings) -> FaultyServer:
    """A server that takes connections and says nothing, or nobody at its port."""
    faulty.faults = {"banner": HANG}
    if request.param == "refuses":
        settings.EMAIL_URL = f"smtp://127.0.0.1:{unused_port()}"
    return faulty


def tried() -> int:
    """Return how many tries were used up: all that was counted, less what was given back."""
    effects = Effect.objects.filter(task="email.deliver")
    return sum(effects.values_list(F("attempt") - (F("max_attempts") - TRIES), flat=True))


def when_due() -> None:
    """Let what waits be due, and run it."""
    Effect.objects.filter(finished_at=None).update(wake_at=Now())
    drain()


def when_rested() -> None:
    cache.delete(REST)
    when_due()


class TestAMailServerThatIsDown:
    @pytest.mark.timed
    def test_is_tried_three_times_and_then_once_after_each_rest(self, down: FaultyServer, owed: None) -> None:
        drain()
        assert (tried(), Effect.objects.filter(task="email.deliver", state="waiting").count()) == (breaker.FAILURES, HINTS)
        began = time.monotonic()
        when_due()
        assert tried() == breaker.FAILURES
        assert time.monotonic() - began < HINTS * PATIENCE, "a worker was held by what is known to be away"
        assert cache.get(REST) == REST_SECONDS
        when_rested()
        assert (tried(), cache.get(REST)) == (breaker.FAILURES + 1, 2 * REST_SECONDS)
        assert set(Delivery.objects.values_list("state", flat=True)) == {"pending"}
        assert not Effect.objects.filter(state="dead").exists()

    def test_gets_everything_once_when_it_is_back(self, down: FaultyServer, owed: None, settings: Settings) -> None:
        drain()
        down.heal()
        settings.EMAIL_URL = down.url
        when_rested()
        assert breaker.rest(breaker.MAIL) is None
        when_due()
        assert set(Delivery.objects.values_list("state", flat=True)) == {"sent"}
        copies = [re.findall(rb"^Message-ID: (\S+)", each, re.MULTILINE)[0] for each in down.accepted]
        assert len(copies) == len(set(copies)) == READERS
        assert (tried() - HINTS, Send.objects.get().state, Send.objects.get().balances) == (breaker.FAILURES, "finished", True)

    def test_holds_up_no_other_effect(self, down: FaultyServer, owed: None, post: Post) -> None:
        post.revise(title="Better")
        drain()
        others = Effect.objects.exclude(task="email.deliver")
        assert others.exists()
        assert set(others.filter(attempt=0).values_list("task", flat=True)) == set()
        assert others.filter(task="search.refresh", state="done").exists()
        assert tried() == breaker.FAILURES


class TestALetterAlone:
    def test_waits_for_the_same_server(
        self, faulty: FaultyServer, author: User, readers: Callable[..., list[Subscriber]]
    ) -> None:
        faulty.faults = {"banner": HANG}
        confirmation = Confirmation.objects.create(subscriber=readers(1, state="pending", confirmed_at=None)[0])
        notice = Notice.objects.create(recipient=author, kind="welcome", subject_key="account")
        for send, pk in ((confirm, confirmation.pk), (send_notice, notice.pk), (confirm, confirmation.pk)):
            with pytest.raises(Unreachable):
                send(pk)
        for send, pk in ((confirm, confirmation.pk), (send_notice, notice.pk)):
            with pytest.raises(Later, match="left alone"):
                send(pk)
        assert faulty.connections == breaker.FAILURES


class TestARest:
    def test_ends_by_itself_and_what_waited_goes_out(
        self, faulty: FaultyServer, owed: None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in ("SHORTEST", "PROBE"):
            monkeypatch.setattr(breaker, name, 1.0)
        faulty.faults = {"banner": CUT}
        drain()
        faulty.heal()
        wait_until(lambda: cache.get(REST) is None)
        when_due()
        when_due()
        assert set(Delivery.objects.values_list("state", flat=True)) == {"sent"}


class TestAServerThatRefuses:
    def test_one_reader_is_not_down(self, faulty: FaultyServer, owed: None) -> None:
        faulty.faults = {"rcpt": "450 4.2.0 greylisted"}
        drain()
        assert tried() >= HINTS
        assert breaker.rest(breaker.MAIL) is None
