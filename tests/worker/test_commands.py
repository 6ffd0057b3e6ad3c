"""Plain Celery commands work, by either name of the application."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from typing import Any

import pytest
from django.db import connection
from pytest_celery import CeleryTestSetup

from owed import heartbeat, registry
from tests.journeys import sample_tasks as samples
from tests.journeys.fixtures import Start
from tests.journeys.nodes import CommandProcess
from tests.journeys.owing import owe, state
from tests.journeys.waiting import eventually
from tools.devserver import server
from worker import queues

pytestmark = pytest.mark.timeout(300)


def celery(application: str, *line: str, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "celery", "-A", application, *line]
    return subprocess.run(command, cwd=server.ROOT, env=env, capture_output=True, text=True, timeout=120, check=False)


def inspect(application: str, what: str, worker: CommandProcess) -> Any:
    """Return what one worker answers to `celery inspect`."""
    place = ("-d", f"journey@{socket.gethostname()}", "--timeout", "60", "--json")
    done = celery(application, "inspect", what, *place, env=worker.environment)
    assert done.returncode == 0, done.stderr
    [answer] = json.loads(done.stdout).values()
    return answer


class TestReport:
    @pytest.mark.long
    @pytest.mark.covers("D11")
    @pytest.mark.parametrize("application", ["worker", "config"])
    def test_describes_the_application_and_exits_0(self, application: str) -> None:
        done = celery(application, "report", env=dict(os.environ))
        assert done.returncode == 0, done.stderr
        assert "software -> celery:5.7" in done.stdout
        assert "task_serializer: 'json'" in done.stdout


@pytest.mark.usefixtures("fresh")
class TestInspect:
    @pytest.mark.covers("D9", "D11")
    def test_finds_exactly_the_catalogue_registered(self, celery_setup: CeleryTestSetup) -> None:
        tasks = inspect("config", "registered", celery_setup.worker.container)
        known = {name for name in registry.names() if name.partition(".")[0] in queues.names()}
        assert {task for task in tasks if not task.startswith("test.")} == known

    @pytest.mark.covers("D3")
    def test_finds_the_settings_that_the_promises_rest_on(self, celery_setup: CeleryTestSetup) -> None:
        conf = inspect("worker", "conf", celery_setup.worker.container)
        expected = {
            "accept_content": ["json"],
            "task_serializer": "json",
            "result_serializer": "json",
            "task_acks_late": False,
            "task_track_started": False,
            "worker_prefetch_multiplier": 1,
            "worker_send_task_events": True,
            "task_create_missing_queues": False,
        }
        assert {name: conf[name] for name in expected} == expected


@pytest.mark.usefixtures("fresh")
class TestAPickledMessage:
    @pytest.mark.covers("D3")
    def test_is_refused_and_the_worker_lives_on(self, celery_setup: CeleryTestSetup) -> None:
        worker = celery_setup.worker
        with celery_setup.app.connection_for_write() as connection:
            producer = celery_setup.app.amqp.Producer(connection)
            producer.publish(((), {}, {}), serializer="pickle", routing_key="upkeep", headers={"task": "test.write", "id": "p"})
        worker.wait_for_log("application/x-python-serialize")
        [pk] = owe(samples.write.si(n=1))
        eventually(lambda: state(pk) == "done")
        assert worker.container.status == "running"
        assert "DecodeError" in worker.logs() or "ContentDisallowed" in worker.logs()


@pytest.mark.usefixtures("fresh")
class TestHealth:
    @pytest.mark.long
    @pytest.mark.covers("D11", "D22")
    def test_turns_red_within_thirty_seconds_of_a_kill(self, celery_setup: CeleryTestSetup) -> None:
        worker = celery_setup.worker
        eventually(lambda: (heartbeat.silence() or 3600) < 10)
        assert health(worker.container) == 0
        worker.kill()
        assert (heartbeat.silence() or 3600) < 10
        with connection.cursor() as cursor:
            cursor.execute("UPDATE effects_heartbeat SET at = at - interval '25 seconds'")
        assert health(worker.container) == 1

    def test_says_so_where_the_database_does_not_answer(self, start: Start) -> None:
        nowhere = "postgres://afterword@127.0.0.1:9/afterword"
        process = start("health", "worker.health", DATABASE_URL=nowhere)
        assert process.wait() == 2
        assert "the database does not answer: OperationalError" in process.logs()


def health(node: CommandProcess) -> int:
    """Return the exit code of the check, run where that worker runs."""
    code, _ = node.exec_run(f"{sys.executable} -m worker.health")
    return code
