"""`manage.py effects hold`: nothing that is owed runs until a person lets it."""

from __future__ import annotations

from datetime import timedelta
from importlib import import_module
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone

from app.blog.models import Post
from app.blog.planned import kept_back
from app.newsletter import effects as newsletter
from app.newsletter.models import Send, Subscriber
from app.search import effects as search
from owed import clock, holding, record
from owed.models import Effect
from tasks.upkeep import publish_due
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
        owed = Effect.objects.filter(state="held").count()
        assert Effect.objects.pending().count() == owed
        assert f"{owed} held" in said
        assert "1 email.announce" in said
        assert said.splitlines()[:2] == ["1 planned post to 3 readers", "1 new post to 3 readers"]
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
        assert not Effect.objects.filter(task="search.refresh", state="held").exists()
        assert Effect.objects.filter(task="email.announce", state="held").exists()

    def test_is_only_what_is_named(self, restored: Post, smtp_sink: Sink) -> None:
        effects("hold", "email.announce")
        assert set(Effect.objects.filter(state="held").values_list("task", flat=True)) == {"email.announce"}
        work()
        assert smtp_sink.captured == []

    @pytest.mark.parametrize(("minutes", "held"), [(-1, True), (5, False)])
    def test_is_not_what_a_worker_has_begun(self, restored: Post, minutes: int, held: bool) -> None:
        lease = timezone.now() + timedelta(minutes=minutes)
        running = Effect.objects.filter(task="email.announce")
        running.update(state="running", attempt=1, started_at=timezone.now(), wake_at=lease)
        _, warned = effects("hold")
        assert (running.get().state == "held", "1 are with a worker" in warned) == (held, not held)

    def test_dead_letters_of_another_reason_stay(self, restored: Post) -> None:
        dead = Effect.objects.filter(task="email.announce")
        dead.update(state="dead", finished_at=timezone.now(), outcome="out of tries")
        effects("hold")
        effects("release")
        assert (dead.get().state, dead.get().outcome) == ("dead", "out of tries")

    def test_is_what_was_owed_before_a_moment_about_a_subject(self, restored: Post) -> None:
        moment = clock.now().isoformat()
        with transaction.atomic():
            record(search.refresh.si(post_id=restored.pk), about=restored)
        other = Effect.objects.exclude(about=f"post:{restored.pk}").count()
        effects("hold", "--before", moment, "--about", f"post:{restored.pk}", "--reason", "an old copy", "--by", "ada")
        held = Effect.objects.filter(state="held")
        assert {(each.about, each.reason, each.decided_by) for each in held} == {(f"post:{restored.pk}", "an old copy", "ada")}
        assert held.filter(task="search.refresh").count() == 1
        assert Effect.objects.exclude(state="held").filter(about=f"post:{restored.pk}", task="search.refresh").count() == 1
        assert Effect.objects.exclude(about=f"post:{restored.pk}").exclude(state="held").count() == other

    def test_is_still_owed_and_not_late(self, restored: Post) -> None:
        Effect.objects.update(due_at=timezone.now() - timedelta(hours=3))
        owed = Effect.objects.pending().count()
        effects("hold")
        rows = Effect.objects.backlog()
        assert (sum(row.owed for row in rows), sum(row.held for row in rows)) == (owed, owed)
        assert {row.oldest_due for row in rows} == {None}
        assert Effect.objects.untaken(30) == []

    def test_is_dropped_for_good(self, restored: Post, smtp_sink: Sink) -> None:
        effects("hold")
        assert effects("discard", "--state", "held", "--task", "email", "--reason", "sent by the original")[0].strip() == (
            f"{Effect.objects.filter(state='discarded').count()} discarded."
        )
        effects("release")
        work()
        assert smtp_sink.captured == []
        assert Effect.objects.get(task="email.announce").reason == "sent by the original"


class TestAPlannedPost:
    @pytest.mark.parametrize(("verb", "published"), [("", True), ("hold", False), ("discard", False), ("pause", False)])
    def test_is_not_published_by_the_clock_while_a_person_keeps_it_back(
        self, restored: Post, verb: str, published: bool
    ) -> None:
        post = Post.objects.get(title="Planned")
        match verb:
            case "hold":
                effects("hold")
            case "discard":
                effects("cancel", "--task", "upkeep.publish_scheduled", "--reason", "not now")
            case "pause":
                effects("pause", "--task", "upkeep.publish_scheduled", "--reason", "not now")
        with connection.cursor() as cursor:
            cursor.execute("UPDATE blog_post SET publish_at = now() - interval '1 minute' WHERE id = %s", [post.pk])
        publish_due()
        assert (Post.objects.get(pk=post.pk).status == "published") is published

    def test_is_published_at_its_time_once_it_is_released(self, restored: Post) -> None:
        effects("hold")
        effects("release")
        planned = Effect.objects.get(task="upkeep.publish_scheduled")
        assert (planned.state, planned.wake_at) == ("waiting", planned.due_at)

    def test_that_is_planned_once_more_is_not_kept_back_by_what_was_discarded(self, restored: Post) -> None:
        post = Post.objects.get(title="Planned")
        effects("cancel", "--task", "upkeep.publish_scheduled", "--reason", "not now")
        post.schedule(publish_at=LATER + timedelta(days=1))
        assert kept_back(LATER + timedelta(days=2)) == []


class TestSums:
    def test_say_what_reaches_people(self, restored: Post) -> None:
        Effect.objects.all().delete()
        with transaction.atomic():
            record(
                newsletter.deliver.si(delivery_ids=list(range(20))),
                newsletter.deliver.si(delivery_ids=[20]),
                newsletter.page.si(send_id=1, after=0),
                about="post:17",
            )
            record(*(search.refresh.si(post_id=n) for n in range(1_200)))
        assert holding.sums(Effect.objects.all()) == ["24 mails of post 17", "1,200 search.refresh"]


class TestTheUpgrade:
    def test_makes_what_was_held_owed_and_held(self, restored: Post) -> None:
        over = {"state": "dead", "finished_at": timezone.now()}
        Effect.objects.filter(task="email.announce").update(**over, outcome="held")
        Effect.objects.filter(task="search.refresh").update(**over, outcome="out of tries")
        with connection.cursor() as cursor:
            cursor.execute(import_module("owed.migrations.0006_holds").HOLD)
        held = Effect.objects.get(state="held")
        assert (held.task, held.finished_at, held.outcome) == ("email.announce", None, "")
        assert set(Effect.objects.filter(task="search.refresh").values_list("state", flat=True)) == {"dead"}
        effects("release")
        assert Effect.objects.get(task="email.announce").state == "ready"
