"""The alert rules and the dashboard: they name metrics that exist, and each rule says what to do."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from app.audit.outcomes import OutcomeCollector
from app.dispatch.manager import SignalManager
from app.dispatch.metrics import FailureCollector
from app.middleware import http_figures
from app.middleware.http_metrics import HttpCollector
from owed import heartbeat, record, schedules
from owed.contrib import prometheus
from owed.figures import Figures, Span
from owed.models import Effect
from owed.rolling_up import roll_up
from owed.schedules import Schedule
from owed.testing import drain
from tests.effects import samples
from tests.effects.test_figures import fill, make_old
from tests.sizes import sizes

FOLDER = Path(__file__).parents[2] / "config" / "monitoring"
RULES: list[dict[str, Any]] = [
    rule for group in yaml.safe_load((FOLDER / "alerts.yml").read_text())["groups"] for rule in group["rules"]
]
PANELS: list[dict[str, Any]] = json.loads((FOLDER / "grafana.json").read_text())["panels"]
SIMPLE = re.compile(r"(?:max by \(queue\) )?\(?(\w+)\)? > (\d+)$")


def scrape() -> dict[str, float]:
    """Return the greatest sample of each metric."""
    samples_of: dict[str, float] = {}
    manager = SignalManager()
    manager.failures["post_published", "hook"] = 1
    http_figures.count("home", 200, 0.02)
    for line in prometheus.render(FailureCollector(manager), HttpCollector(), OutcomeCollector()).decode().splitlines():
        if not line.startswith("#"):
            name, value = line.rpartition(" ")[::2]
            name = name.partition("{")[0]
            samples_of[name] = max(samples_of.get(name, 0.0), float(value))
    return samples_of


def firing() -> set[str]:
    """Return the alerts without a rate whose condition holds now."""
    found, now = set(), scrape()
    for rule in RULES:
        simple = SIMPLE.match(rule["expr"])
        if simple and now.get(simple[1], 0.0) > float(simple[2]):
            found.add(rule["alert"])
    return found


@pytest.fixture
def counted(applied: None) -> None:
    samples.poison.add(2)
    with transaction.atomic():
        record(samples.note.si(n=1), samples.note.si(n=2))
    drain()
    make_old()
    roll_up()


@pytest.mark.usefixtures("counted")
class TestMetrics:
    def test_count_what_was_owed_done_and_tried_again(self) -> None:
        lines = prometheus.render().decode().splitlines()
        labels = '{queue="test",task="test.note"}'
        for name, count in {"owed": 2, "done": 1, "retried": 1, "lost": 0, "dead": 0}.items():
            assert f"afterword_effects_{name}_total{labels} {count}.0" in [_sorted(line) for line in lines]

    def test_have_histograms_of_run_time_and_lateness(self) -> None:
        lines = prometheus.render().decode().splitlines()
        assert 'afterword_duration_seconds_bucket{le="0.5",queue="test"} 0.0' in lines
        assert 'afterword_duration_seconds_bucket{le="1",queue="test"} 1.0' in lines
        assert 'afterword_duration_seconds_count{queue="test"} 1.0' in lines
        assert 'afterword_lateness_seconds_bucket{le="+Inf",queue="test"} 1.0' in lines

    def test_are_those_of_the_rules_and_of_the_dashboard(self) -> None:
        known = scrape().keys()
        asked = [rule["expr"] for rule in RULES] + [target["expr"] for panel in PANELS for target in panel["targets"]]
        named = {name for expr in asked for name in re.findall(r"afterword_\w+", expr)}
        assert named - known == set()


def _sorted(line: str) -> str:
    """Return a line with its labels by name."""
    name, _, rest = line.partition("{")
    labels, _, value = rest.partition("}")
    return f"{name}{{{','.join(sorted(labels.split(',')))}}}{value}" if rest else line


class TestAlerts:
    @pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
    def test_say_what_to_do(self, rule: dict[str, Any]) -> None:
        assert rule["annotations"]["summary"]
        assert len(rule["annotations"]["runbook"]) > 40
        assert rule["labels"]["severity"] in {"page", "ticket"}

    @pytest.mark.usefixtures("counted")
    def test_fire_and_clear(self) -> None:
        Effect.objects.update(state="done", finished_at=timezone.now())
        schedules.sync()
        heartbeat.beat("worker@one")
        assert firing() == set()
        with transaction.atomic():
            record(samples.note.si(n=3))
        Effect.objects.filter(finished_at=None).update(due_at=timezone.now() - timedelta(minutes=5))
        with connection.cursor() as cursor:
            cursor.execute("UPDATE effects_heartbeat SET at = at - interval '5 minutes'")
            cursor.execute("UPDATE effects_rolled_up SET until = until - interval '1 hour'")
        Schedule.objects.filter(name="upkeep.prove").update(next_at=timezone.now() - timedelta(minutes=5))
        assert firing() == {"EffectsLate", "WorkersSilent", "SchedulesOverdue", "FiguresOld"}
        drain()
        heartbeat.beat("worker@one")
        schedules.tick()
        drain()
        Figures.objects.all().delete()  # the minutes are counted once more: the rewound clock is the test's
        roll_up()
        assert firing() == set()

    @pytest.mark.timeout(60)
    def test_fire_and_clear_in_prometheus(self) -> None:
        promtool = shutil.which("promtool")
        if promtool is None:
            pytest.skip("promtool is not on PATH")
        done = subprocess.run(
            [promtool, "test", "rules", "alerts.test.yml"], cwd=FOLDER, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr


class TestAutoscaling:
    def test_asks_for_the_age_of_what_is_due_and_keeps_one_worker(self) -> None:
        scaled = yaml.safe_load((FOLDER / "keda.yml").read_text())
        assert (scaled["apiVersion"], scaled["kind"]) == ("keda.sh/v1alpha1", "ScaledObject")
        spec = scaled["spec"]
        assert 1 <= spec["minReplicaCount"] < spec["maxReplicaCount"]
        assert spec["scaleTargetRef"]["name"]
        [trigger] = spec["triggers"]
        assert (trigger["type"], trigger["metricType"]) == ("prometheus", "Value")
        asked = trigger["metadata"]
        assert {"serverAddress", "query", "threshold"} <= asked.keys()
        assert all(isinstance(value, str) for value in asked.values())
        assert float(asked["activationThreshold"]) < float(asked["threshold"])
        # The alert comes where more workers did not help.
        [late] = [rule for rule in RULES if rule["alert"] == "EffectsLate"]
        assert float(asked["threshold"]) < float(late["expr"].rpartition(">")[2])

    @pytest.mark.django_db
    def test_asks_for_a_metric_that_exists(self) -> None:
        [trigger] = yaml.safe_load((FOLDER / "keda.yml").read_text())["spec"]["triggers"]
        with transaction.atomic():
            record(samples.note.si(n=1))
        assert set(re.findall(r"afterword_\w+", trigger["metadata"]["query"])) <= scrape().keys()


@pytest.mark.django_db
class TestAMillion:
    @pytest.mark.timeout(600)
    @pytest.mark.parametrize("rows", sizes(20_000, 1_000_000))
    def test_costs_a_scrape_and_readiness_nothing(self, rows: int) -> None:
        fill(rows)
        for number in range(25):
            at = timezone.now() - timedelta(days=1)
            Figures.objects.create(span=Span.TOTAL, at=at, task=f"test.t{number}", queue=f"test{number % 8}")
        for ask in (prometheus.render, Effect.objects.backlog, lambda: Effect.objects.untaken(30.0)):
            with CaptureQueriesContext(connection) as queries:
                ask()
            asked = [query["sql"] for query in queries if "effects_effect" in query["sql"]]
            assert asked
            assert [sql for sql in asked if "Seq Scan on effects_effect" in explain(sql)] == []

    @pytest.mark.timeout(600)
    @pytest.mark.parametrize("rows", sizes(20_000, 1_000_000))
    def test_costs_the_pages_nothing(self, rows: int, client: Client, settings: Settings) -> None:
        settings.METRICS_TOKEN = "a-token-for-monitoring"
        pages = ("/metrics", "/readyz")
        before = {path: _spent(client, path) for path in pages}
        fill(rows)
        after = {path: _spent(client, path) for path in pages}
        for path in pages:
            print(f"{path}: {before[path] * 1000:.1f} ms, with {rows:,} finished effects {after[path] * 1000:.1f} ms")
            assert rows < 1_000_000 or after[path] < 3 * before[path] + 0.01


def _spent(client: Client, path: str) -> float:
    """Return seconds of this process, and of the database, for the quickest answer of a few."""
    spent = []
    for _ in range(8):
        began = time.process_time()
        with CaptureQueriesContext(connection) as queries:
            answer = client.get(path, headers={"authorization": "Bearer a-token-for-monitoring"})
        assert answer.status_code == 200
        spent.append(time.process_time() - began + sum(float(query["time"]) for query in queries))
    return min(spent)


def explain(statement: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {statement}")
        return "\n".join(row[0] for row in cursor.fetchall())
