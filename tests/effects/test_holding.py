"""`manage.py effects hold`: nothing that is owed runs until a person lets it."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from app.blog.models import Post
from app.newsletter.models import Send, Subscriber
from owed.models import Effect
from tests import factories
from tests.factories import Publish
from tests.sinks import Sink, smtp_sink

__all__ = ["smtp_sink"]
pytestmark = pytest.mark.django_db
LATER = timezone.now() + timedelta(days=30)


def effects(*words: str) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    call_command("effects", *words, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def work() -> None:
    effects("work", "--until-empty")


@pytest.fixture
def restored(publish: Publish) -> Post:
    """A public post and a planned one, owed to three readers, of which nothing was done."""
    for number in range(3):
        Subscriber.objects.create(email=f"r{number}@example.org", state="confirmed", confirmed_at=timezone.now())
    post = publish("Owed")
    factories.write(post.author, "Planned").schedule(publish_at=LATER)
    return post


class TestWhatIsHeld:
    def test_does_not_run(self, restored: Post, smtp_sink: Sink) -> None:
        said, _ = effects("hold")
        owed = Effect.objects.filter(outcome="held").count()
        assert Effect.objects.pending().count() == 0
        assert f"{owed} held" in said
        assert "1 email.announce" in said
        assert effects("held")[0] == said
        work()
        assert (smtp_sink.captured, Send.objects.count()) == ([], 0)

    def test_runs_once_it_is_released(self, restored: Post, smtp_sink: Sink) -> None:
        effects("hold")
        effects("release")
        assert effects("held")[0].strip() == "0 held"
        work()
        assert sorted(each.recipient for each in smtp_sink.captured) == [f"r{number}@example.org" for number in range(3)]
        assert Send.objects.get().balances
        assert Post.objects.get(title="Planned").status == "scheduled"

    def test_is_released_by_name(self, restored: Post, smtp_sink: Sink) -> None:
        effects("hold")
        effects("release", "search.refresh", "feeds.follow")
        work()
        assert smtp_sink.captured == []
        assert not Effect.objects.filter(task="search.refresh", outcome="held").exists()
        assert Effect.objects.filter(task="email.announce", outcome="held").exists()

    def test_is_only_what_is_named(self, restored: Post, smtp_sink: Sink) -> None:
        effects("hold", "email.announce")
        assert set(Effect.objects.filter(outcome="held").values_list("task", flat=True)) == {"email.announce"}
        work()
        assert smtp_sink.captured == []

    @pytest.mark.parametrize(("minutes", "held"), [(-1, True), (5, False)])
    def test_is_not_what_a_worker_has_begun(self, restored: Post, minutes: int, held: bool) -> None:
        lease = timezone.now() + timedelta(minutes=minutes)
        running = Effect.objects.filter(task="email.announce")
        running.update(state="running", attempt=1, started_at=timezone.now(), wake_at=lease)
        _, warned = effects("hold")
        assert (running.get().outcome == "held", "1 are with a worker" in warned) == (held, not held)

    def test_dead_letters_of_another_reason_stay(self, restored: Post) -> None:
        dead = Effect.objects.filter(task="email.announce")
        dead.update(state="dead", finished_at=timezone.now(), outcome="out of tries")
        effects("hold")
        effects("release")
        assert (dead.get().state, dead.get().outcome) == ("dead", "out of tries")
