"""Workers that are killed in the middle of a mailing: their journals tell what they had in hand."""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from app.blog.models import Post
from app.mail import journal
from app.mail.journal import JOURNALS, Journal, boot_id
from app.newsletter.announcing import expand, send_publication_notifications
from app.newsletter.delivering import deliver
from app.newsletter.mailing_run import PACE
from app.newsletter.models import Delivery, Send, Subscriber
from app.newsletter.windows import Taken, settle_and_take
from owed import Later
from tests.proof.processes import Actor
from tests.sinks import Sink
from tests.waiting import wait_until

pytestmark = [pytest.mark.django_db, pytest.mark.covers("E6", "A8")]
Readers = Callable[..., list[Subscriber]]
WINDOW = 10


@pytest.fixture(autouse=True)
def folder(settings: Settings, tmp_path: Path) -> Path:
    settings.SUBMISSIONS_DIR = tmp_path / "submissions"
    PACE.size = WINDOW
    return tmp_path / "submissions"


def owed(post: Post, number: int, readers: Readers) -> list[int]:
    """Return the deliveries of a mailing to so many."""
    readers(number)
    send = send_publication_notifications(post.pk, now=timezone.now())
    assert send
    last = 0
    while expand(send.pk, after=last) and number > 500:
        last = max(Delivery.objects.values_list("subscriber_id", flat=True))
    return list(Delivery.objects.order_by("pk").values_list("pk", flat=True))


@pytest.fixture
def ids(post: Post, readers: Readers) -> list[int]:
    return owed(post, 5, readers)


@pytest.fixture
def dead(folder: Path, ids: list[int]) -> tuple[Journal, list[Taken]]:
    """The journal of a worker that has taken all five."""
    writing = Journal(folder, boot=boot_id())
    writing.takes(ids)
    return writing, settle_and_take([], ids, journal=writing.name)


def states() -> list[str]:
    return list(Delivery.objects.order_by("pk").values_list("state", flat=True))


def die(writing: Journal) -> None:
    """Let the system take the file's lock away, as it does at the end of a process."""
    writing.close()


class TestAJournal:
    def test_tells_what_was_not_begun_what_was_answered_and_the_one_in_doubt(
        self, smtp_sink: Sink, ids: list[int], dead: tuple[Journal, list[Taken]]
    ) -> None:
        writing, taken = dead
        for each, code in zip(taken, (250, 550, 451), strict=False):
            writing.begins(each.id, each.attempt)
            writing.answered(each.id, each.attempt, code, "5.1.1" if code == 550 else "")
        writing.begins(taken[3].id, taken[3].attempt)
        die(writing)
        deliver(ids)
        assert states() == ["sent", "failed", "sent", "unknown", "sent"]
        assert sorted(each.recipient for each in smtp_sink.captured) == ["r2@example.org", "r4@example.org"]
        assert Subscriber.objects.get(email="r1@example.org").state == "bounced"
        assert Send.objects.get().balances

    def test_ends_with_a_line_that_was_not_written_to_the_end(
        self, smtp_sink: Sink, ids: list[int], dead: tuple[Journal, list[Taken]]
    ) -> None:
        writing, taken = dead
        writing.begins(taken[0].id, taken[0].attempt)
        with writing.path.open("ab") as file:
            file.write(f"B {taken[1].id} {taken[1].attempt}".encode())
        die(writing)
        deliver(ids)
        assert states() == ["unknown", "sent", "sent", "sent", "sent"]

    def test_is_removed_once_it_was_read(self, smtp_sink: Sink, ids: list[int], dead: tuple[Journal, list[Taken]]) -> None:
        die(dead[0])
        deliver(ids)
        deliver(ids)
        JOURNALS.close()
        assert list(dead[0].path.parent.iterdir()) == []

    def test_of_a_worker_that_lives_is_left_alone(
        self, smtp_sink: Sink, ids: list[int], dead: tuple[Journal, list[Taken]]
    ) -> None:
        with pytest.raises(Later):
            deliver(ids)
        assert (states(), smtp_sink.captured) == (["submitting"] * 5, [])
        die(dead[0])
        deliver(ids)
        assert states() == ["sent"] * 5

    def test_does_not_speak_for_an_attempt_of_another(
        self, smtp_sink: Sink, ids: list[int], dead: tuple[Journal, list[Taken]]
    ) -> None:
        Delivery.objects.filter(pk=ids[0]).update(journal="another", submitted_at=Now() - timedelta(hours=1))
        die(dead[0])
        deliver(ids)
        assert states() == ["unknown", "sent", "sent", "sent", "sent"]

    def test_of_a_machine_that_stopped_leaves_its_window_in_doubt(
        self,
        smtp_sink: Sink,
        ids: list[int],
        dead: tuple[Journal, list[Taken]],
        monkeypatch: pytest.MonkeyPatch,
        tmp_path: Path,
    ) -> None:
        writing, taken = dead
        writing.begins(taken[0].id, taken[0].attempt)
        writing.answered(taken[0].id, taken[0].attempt, 250)
        die(writing)
        monkeypatch.setattr(journal, "BOOT", tmp_path / "boot")
        (tmp_path / "boot").write_text("another\n")
        deliver(ids)
        assert states() == ["sent", *["unknown"] * 4]
        assert Delivery.objects.get(pk=ids[4]).error == "the machine stopped while it was being sent"
        assert smtp_sink.captured == []

    def test_that_is_lost_leaves_its_window_in_doubt_after_a_while(
        self, smtp_sink: Sink, ids: list[int], dead: tuple[Journal, list[Taken]]
    ) -> None:
        dead[0].remove()
        with pytest.raises(Later):
            deliver(ids)
        Delivery.objects.update(submitted_at=Now() - timedelta(minutes=2))
        deliver(ids)
        assert states() == ["unknown"] * 5
        assert Delivery.objects.get(pk=ids[0]).error == "its sender is lost, and so is the record of what it sent"
        assert Send.objects.get().balances

    def test_that_cannot_be_kept_leaves_one_row_in_hand(self, smtp_sink: Sink, ids: list[int], folder: Path) -> None:
        folder.write_text("not a folder")
        with CaptureQueriesContext(connection) as queries:
            deliver(ids)
        assert sum("WITH outcome AS" in query["sql"] for query in queries) == len(ids) + 1
        assert states() == ["sent"] * 5
        assert set(Delivery.objects.values_list("journal", flat=True)) == {""}
        assert len(smtp_sink.captured) == 5

    def test_lets_a_window_be_settled_and_the_next_be_taken_by_one_statement(self, smtp_sink: Sink, ids: list[int]) -> None:
        with CaptureQueriesContext(connection) as queries:
            deliver(ids)
        assert sum("WITH outcome AS" in query["sql"] for query in queries) == 2
        assert len(smtp_sink.captured) == 5

    def test_is_written_before_the_last_dot(self, smtp_sink: Sink, ids: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
        def full(*args: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(Journal, "begins", full)
        deliver(ids)
        assert states() == ["sent"] * 5
        assert len({each.recipient for each in smtp_sink.captured}) == len(smtp_sink.captured) == 5
        assert set(Delivery.objects.values_list("journal", flat=True)) == {""}


@pytest.mark.django_db(transaction=True)
class TestAKill:
    @pytest.fixture
    def actor(self) -> Iterator[Actor]:
        actor = Actor()
        yield actor
        actor.end_children()
        actor.end()

    @pytest.mark.parametrize(
        ("number", "kills", "seed"),
        [(60, 5, 7), pytest.param(2000, 60, 20261127, marks=[pytest.mark.slow, pytest.mark.timeout(900)])],
    )
    def test_leaves_one_message_in_doubt_at_most(
        self, post: Post, readers: Readers, smtp_sink: Sink, actor: Actor, number: int, kills: int, seed: int
    ) -> None:
        random, in_hand, killed = Random(seed), 0, 0
        ids = owed(post, number, readers)
        for _ in range(kills):
            child = actor.start("mail", smtp_sink.url, *ids)
            await_mails(smtp_sink, random.randrange(2 * number // kills), child.pid, pause=random.random() / 500)
            child.signal(signal.SIGKILL)
            killed += child.wait() == -signal.SIGKILL
            in_hand = max(in_hand, states().count("submitting"))
        # On a busy machine a run may end before its mails do, and leaves the rest to the next one. It never breaks.
        ends = [actor("mail", smtp_sink.url, *ids)]
        while ends[-1] == os.EX_TEMPFAIL and len(ends) < 20:
            ends.append(actor("mail", smtp_sink.url, *ids))
        assert ends == [*[os.EX_TEMPFAIL] * (len(ends) - 1), 0]
        copies = Counter(each.recipient for each in smtp_sink.captured)
        now = Counter(states())
        assert set(copies.values()) == {1}
        assert now["sent"] + now["unknown"] == number
        assert now["unknown"] <= killed
        assert in_hand > 1
        assert set(Delivery.objects.filter(state="sent").values_list("subscriber__email", flat=True)) <= set(copies)
        assert (Send.objects.get().state, Send.objects.get().balances) == ("finished", True)


def await_mails(sink: Sink, number: int, pid: int, *, pause: float) -> None:
    """Return once so many more have arrived, or the process has ended."""
    wanted = len(sink.captured) + number
    wait_until(lambda: len(sink.captured) >= wanted or has_ended(pid), pause=pause)


def has_ended(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
