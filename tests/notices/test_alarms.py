"""What operators are mailed of: effects that failed for good, and work that no worker begins."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from app.accounts.models import Profile, Role, User
from app.notices.kinds.failed_effects import report_failures
from app.notices.kinds.late_effects import report_lateness
from app.notices.models import Notice
from owed import acting
from owed.models import Effect
from owed.testing import drain
from tests.factories import person
from tests.sinks import Sink
from tests.studio.test_publication import effect

pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.fixture(autouse=True)
def _as_the_test_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half an hour may pass between the reading of this file and its tests: the database's clock would be far ahead of NOW."""
    monkeypatch.setitem(globals(), "NOW", timezone.now())


def since_now(fields: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of an effect with moments in place of timedeltas."""
    return {name: NOW + value if isinstance(value, timedelta) else value for name, value in fields.items()}


@pytest.fixture
def operator(ann: User) -> User:
    """An editor with an address, beside an author who operates nothing."""
    editor = person("ed", Role.EDITOR, email="ed@example.org")
    Effect.objects.all().delete()
    return editor


def fail(task: str = "search.refresh", after: timedelta = timedelta(minutes=-2)) -> Effect:
    return effect(task=task, state="dead", finished_at=NOW + after, attempt=20)


def late(**ago: int) -> Effect:
    return effect(task="search.refresh", due_at=NOW - timedelta(**ago))


def told(kind: str) -> list[tuple[str, str]]:
    return list(Notice.objects.filter(kind=kind).order_by("pk").values_list("recipient__username", "state"))


class TestEffectsThatFailed:
    def test_are_counted_by_name_in_one_mail_to_each_operator(self, operator: User, smtp_sink: Sink) -> None:
        for task in ("search.refresh", "search.refresh", "feeds.refresh"):
            fail(task)
        assert report_failures(NOW) == 1
        drain()
        [mail] = smtp_sink.to("ed@example.org")
        assert mail.message["Subject"] == "3 effects failed for good"
        body = mail.body("plain")
        assert ("- search.refresh: 2" in body, "- feeds.refresh: 1" in body) == (True, True)
        assert "/studio/effects/list/?state=dead" in body
        assert smtp_sink.to("ann@example.org") == []

    def test_are_mailed_once_an_hour_and_none_twice(self, operator: User) -> None:
        fail()
        assert [report_failures(NOW + timedelta(minutes=minutes)) for minutes in (0, 5, 65)] == [1, 0, 0]
        fail(after=timedelta(minutes=10))
        assert [report_failures(NOW + timedelta(minutes=minutes)) for minutes in (15, 65, 70)] == [0, 1, 0]

    @pytest.mark.parametrize(
        ("task", "after"), [("email.notice", timedelta(minutes=-2)), ("search.refresh", timedelta(days=-3))]
    )
    def test_are_not_those_of_long_ago_nor_notices_themselves(self, operator: User, task: str, after: timedelta) -> None:
        fail(task, after)
        assert report_failures(NOW) == 0

    def test_are_not_mailed_when_they_were_retried_meanwhile(self, operator: User, smtp_sink: Sink) -> None:
        failed = fail()
        report_failures(NOW)
        Effect.objects.filter(pk=failed.pk).delete()
        drain()
        assert (told("failed-effects"), smtp_sink.captured) == ([("ed", "skipped")], [])

    def test_are_not_mailed_to_one_who_turned_it_off(self, operator: User, smtp_sink: Sink) -> None:
        Profile.objects.filter(user=operator).update(notify_troubles=False)
        fail()
        report_failures(NOW)
        drain()
        assert (told("failed-effects"), smtp_sink.captured) == ([("ed", "suppressed")], [])

    def test_are_mailed_once_where_several_reports_waited(self, operator: User, smtp_sink: Sink) -> None:
        fail()
        report_failures(NOW)
        fail(after=timedelta(minutes=30))
        report_failures(NOW + timedelta(minutes=65))
        drain()
        [mail] = smtp_sink.to("ed@example.org")
        assert mail.message["Subject"] == "2 effects failed for good"
        assert told("failed-effects") == [("ed", "skipped"), ("ed", "sent")]

    def test_are_not_mailed_to_one_who_operates_no_more(self, operator: User, smtp_sink: Sink) -> None:
        fail()
        late(minutes=16)
        report_failures(NOW)
        report_lateness(NOW)
        User.objects.filter(pk=operator.pk).update(role=Role.AUTHOR)
        drain()
        assert smtp_sink.captured == []
        assert [*told("failed-effects"), *told("late-effects")] == [("ed", "skipped")] * 2


class TestLateWork:
    def test_is_said_once_until_it_was_caught_up(self, operator: User) -> None:
        waiting = late(minutes=16)
        assert [report_lateness(NOW), report_lateness(NOW + timedelta(minutes=5))] == [1, 0]
        Effect.objects.filter(pk=waiting.pk).update(due_at=NOW - timedelta(minutes=10))
        assert report_lateness(NOW) == 0
        late(minutes=20)
        # Late again before it was well: the same trouble.
        assert report_lateness(NOW) == 0
        Effect.objects.all().delete()
        assert report_lateness(NOW) == 0
        late(minutes=20)
        assert report_lateness(NOW + timedelta(seconds=1)) == 1
        assert len(told("late-effects")) == 2

    @pytest.mark.parametrize(
        "fields",
        [
            {"state": "waiting", "attempt": 3, "error": "OSError"},
            {"state": "held"},
            {"state": "done", "finished_at": timedelta()},
        ],
    )
    def test_is_what_a_worker_could_begin(self, operator: User, fields: dict[str, Any]) -> None:
        effect(due_at=NOW - timedelta(hours=5), **since_now(fields))
        assert report_lateness(NOW) == 0

    @pytest.mark.parametrize(
        "fields",
        [
            {"state": "running", "attempt": 1, "started_at": timedelta(), "wake_at": timedelta(minutes=5)},
            {"state": "done", "attempt": 1, "started_at": timedelta(), "finished_at": timedelta()},
        ],
    )
    def test_is_none_in_a_queue_that_workers_go_through(self, operator: User, fields: dict[str, Any]) -> None:
        late(hours=2)
        effect(task="search.refresh", **since_now(fields))
        assert report_lateness(NOW) == 0

    def test_is_not_what_waits_for_its_turn(self, operator: User) -> None:
        effect(due_at=NOW - timedelta(hours=2), state="waiting", wake_at=NOW + timedelta(hours=1))
        assert report_lateness(NOW) == 0

    def test_is_not_what_a_person_has_just_released(self, operator: User) -> None:
        held = late(hours=5)
        for verb in (acting.HOLD, acting.RELEASE):
            assert verb.act_on([held.pk], acting.Decision()) == 1
        assert report_lateness(NOW) == 0

    def test_is_mailed_with_the_limit(self, operator: User, smtp_sink: Sink) -> None:
        late(minutes=16)
        report_lateness(NOW)
        drain()
        [mail] = [each for each in smtp_sink.to("ed@example.org") if each.message["Subject"] == "Effects are late"]
        assert "more than 15 minutes before" in mail.body("plain")
        assert "/studio/effects/" in mail.body("plain")


class TestTheSwitch:
    def test_is_for_those_who_operate(self, operator: User, ann: User) -> None:
        for user, has_it in ((operator, True), (ann, False)):
            client = Client()
            client.force_login(user)
            assert (b"notify_troubles" in client.get(reverse("account")).content) == has_it
            assert client.post(reverse("account"), {"display_name": user.username}).status_code == 302
            assert Profile.objects.get(user=user).notify_troubles != has_it
