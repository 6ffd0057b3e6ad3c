"""The control room: what an operator sees at three in the morning, and who may see it."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib.auth.models import Permission
from django.core.cache import cache
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from app.accounts.models import Role, User
from app.outbound import breaker
from owed import heartbeat, record, registry, schedules
from owed.claiming import claim
from owed.figures import Figures, Span
from owed.models import Effect
from owed.rolling_up import roll_up
from owed.schedules import Schedule
from owed.testing import drain
from tests import factories
from tests.effects import samples
from tests.effects.test_figures import fill
from tests.markup import squeezed
from tests.sizes import sizes
from tests.spent import cheapest

pytestmark = pytest.mark.django_db
ROOM = "/studio/effects/"
LIVE = {"HX-Request": "true"}


@pytest.fixture
def operator() -> Client:
    client = Client()
    client.force_login(factories.person("edith", Role.EDITOR))
    return client


@pytest.fixture
def on_call() -> Client:
    """Someone who may look and not act."""
    user = factories.person("otto", Role.READER)
    user.user_permissions.add(Permission.objects.get(codename="view_effect"))
    client = Client()
    client.force_login(User.objects.get(pk=user.pk))
    return client


def owe(*numbers: int) -> list[int]:
    with transaction.atomic():
        return record(*(samples.call.si(n=n) for n in numbers)).ids


def page(client: Client, path: str = ROOM, **headers: str) -> str:
    answer = client.get(path, headers=headers)
    assert answer.status_code == 200
    return squeezed(answer.content)


class TestTheRoom:
    def test_shows_backlog_and_what_came_and_went_in_the_last_hour(self, operator: Client) -> None:
        owe(1, 2, 3)
        minute = timezone.now().replace(second=0, microsecond=0) - timedelta(minutes=2)
        ran = [0] * 16
        ran[7] = 9
        Figures.objects.create(span=Span.MINUTE, at=minute, task="test.call", queue="test", owed=9, done=8, retried=1, ran=ran)
        shown = page(operator)
        for fact in ("<dt>Queued</dt><dd>3</dd>", "<dt>In</dt><dd>9</dd>", "<dt>Out</dt><dd>8</dd>", "750 ms"):
            assert fact in shown
        assert '<rect class="done"' in shown
        assert '<rect class="failed"' in shown
        assert "9 in, 8 out, 1 failed attempts" in shown

    def test_shows_the_last_day_by_the_hour(self, operator: Client) -> None:
        hour = timezone.now().replace(minute=0, second=0, microsecond=0) - timedelta(hours=20)
        Figures.objects.create(span=Span.HOUR, at=hour, task="test.call", queue="test", owed=70, done=70)
        assert "<dt>In</dt><dd>70</dd>" in page(operator, f"{ROOM}?span=day")
        assert "<dt>In</dt><dd>70</dd>" not in page(operator)

    def test_groups_failures_by_their_cause(self, operator: Client) -> None:
        ids = owe(*range(5))
        Effect.objects.update(state="dead", finished_at=timezone.now(), outcome="out of tries")
        for pk in ids[:4]:
            Effect.objects.filter(pk=pk).update(error=f"ConnectionError: no route to host {pk}\nmore")
        Effect.objects.filter(pk=ids[4]).update(error="KeyError: 'slug'")
        shown = page(operator)
        assert "ConnectionError: no route to host #" in shown
        assert '<b class="number">4<' in shown
        assert "KeyError: &#x27;slug&#x27;" in shown

    def test_names_workers_their_queues_and_what_each_runs(self, operator: Client) -> None:
        [pk] = owe(1)
        hint = uuid4()
        [claimed] = claim(registry.get("test.call"), [pk], hint)
        run = {"hint": str(hint), "task": "test.call", "pid": 4712, "since": timezone.now().timestamp()}
        facts = {
            "host": "nimbus",
            "pid": 4711,
            "queues": ["email", "social"],
            "since": timezone.now().timestamp(),
            "runs": [run],
        }
        heartbeat.beat("worker@nimbus", facts)
        heartbeat.beat("worker@old")
        shown = page(operator)
        assert "nimbus, process 4711" in shown
        assert "email, social" in shown
        assert f'href="/studio/effects/{claimed.id}/"' in shown
        assert "worker@old" in shown

    def test_names_a_host_that_does_not_answer(self, operator: Client) -> None:
        cache.clear()
        for _ in range(breaker.FAILURES):
            breaker.failed(breaker.MAIL)
        shown = page(operator)
        assert "the mail server" in shown
        assert "Left alone" in shown

    def test_says_when_no_scheduler_runs(self, operator: Client) -> None:
        schedules.sync()
        assert "no scheduler (beat) is running" not in page(operator)
        Schedule.objects.filter(name="upkeep.prove").update(next_at=timezone.now() - timedelta(minutes=2))
        assert "no scheduler (beat) is running" in page(operator)

    def test_stays_current_by_itself(self, operator: Client) -> None:
        assert 'data-hx-trigger="every 3s"' in page(operator)
        part = page(operator, ROOM, **LIVE)
        assert part.startswith('<div id="room"')

    def test_leads_the_filters_of_before_to_the_list(self, operator: Client) -> None:
        answer = operator.get(f"{ROOM}?state=dead&task=email")
        assert answer.headers["Location"] == "/studio/effects/list/?state=dead&task=email"


LIST = "/studio/effects/list/"
LISTS = (LIST, f"{LIST}?state=dead", f"{LIST}?state=waiting", f"{LIST}?page=150")


class TestAMillion:
    """In miniature; `make faults` has the million."""

    @pytest.mark.timeout(600)
    @pytest.mark.parametrize("rows", sizes(20_000, 1_000_000))
    def test_is_read_by_indexes_alone(self, operator: Client, rows: int) -> None:
        fill(rows)
        ids = owe(*range(20))
        Effect.objects.filter(pk__in=ids[:10]).update(state="dead", finished_at=timezone.now(), outcome="gave up")
        heartbeat.beat("worker@nimbus", {"runs": [{"hint": str(uuid4()), "task": "test.call"}]})
        roll_up()
        page(operator)  # templates are compiled once in the life of a process
        for path in (ROOM, f"{ROOM}?span=day", f"{ROOM}{ids[0]}/", "/studio/schedules/", *LISTS):
            spent = cheapest(lambda: operator.get(path), times=3 if rows == 1_000_000 else 1)  # noqa: B023
            assert rows < 1_000_000 or spent.seconds < 0.2, (path, spent.seconds)
            asked = [sql for sql in spent.queries if "effects_effect" in sql]
            counting = "LIMIT 10001"  # of a table without a filter: its first rows, whatever it holds
            assert {sql for sql in asked if counting not in sql and "Seq Scan on effects_effect" in explain(sql)} == set()

    def test_is_not_counted_to_the_end(self, operator: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("app.studio.bounded_pages.MOST", 60)
        fill(70)
        first, second = page(operator, LIST), page(operator, f"{LIST}?page=2")
        assert "More than 60 effects" in first
        assert "Page 2 of 2" in second
        assert second.count('<li id="effect-') == 10


def explain(statement: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {statement}")
        return "\n".join(row[0] for row in cursor.fetchall())


class TestAnEffect:
    def test_shows_its_story_what_owed_it_and_what_it_owed(self, operator: Client) -> None:
        with transaction.atomic():
            record(samples.chain.si(n=2))
        drain()
        first, second, third = Effect.objects.order_by("pk")
        shown = page(operator, f"/studio/effects/{second.pk}/")
        assert f'href="/studio/effects/{first.pk}/"' in shown
        assert f'href="/studio/effects/{third.pk}/"' in shown
        for step in ("recorded", "attempt 1 began", "done"):
            assert step in shown


class TestSomeoneOnCall:
    def test_sees_all_of_it_and_may_change_nothing(self, on_call: Client, operator: Client) -> None:
        schedules.sync()
        schedule = Schedule.objects.get(name="upkeep.prove")
        [pk] = owe(1)
        Effect.objects.update(state="dead", finished_at=timezone.now())
        for path in (ROOM, f"{ROOM}list/", f"{ROOM}{pk}/", "/studio/schedules/"):
            shown = page(on_call, path)
            assert ">Retry" not in shown
            assert "Run now" not in shown
        assert "Run now" in page(operator, "/studio/schedules/")
        actions = [f"schedules/{schedule.pk}/{verb}" for verb in ("run", "pause", "resume", "reset", "")]
        for path in [*actions, "effects/actions", "effects/pauses", f"effects/{pk}/replay"]:
            assert on_call.post(f"/studio/{path}").status_code == 403, path

    def test_is_not_a_reader_without_the_permission(self) -> None:
        client = Client()
        client.force_login(factories.person("rita", Role.READER))
        for path in (ROOM, f"{ROOM}list/", "/studio/schedules/"):
            assert client.get(path).status_code == 403


class TestSchedules:
    def test_are_changed_paused_run_and_reset(self, operator: Client) -> None:
        schedules.sync()
        row = Schedule.objects.get(name="upkeep.prove")
        path = f"/studio/schedules/{row.pk}/"
        times = {"cron": "0 7 * * *", "zone": "Europe/Berlin", "every": "", "missed": "once"}
        refused = operator.post(path, {**times, "zone": "Mars/Base"})
        assert refused.status_code == 422
        assert b"No such time zone: Mars/Base" in refused.content
        assert operator.post(path, times).status_code == 302
        assert "changed by edith" in page(operator, "/studio/schedules/")
        operator.post(f"{path}pause", {"why": "moving"})
        assert "paused by edith: moving" in page(operator, "/studio/schedules/")
        operator.post(f"{path}run")
        assert Effect.objects.get(task="upkeep.prove").origin == "schedule:upkeep.prove"
        operator.post(f"{path}resume")
        operator.post(f"{path}reset")
        row.refresh_from_db()
        assert (row.every, row.paused_at, row.edited_at) == (900, None, None)
