"""The wheel, in an empty environment, with the project that the tutorial shows."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
from django.db import connection, connections
from kombu import Connection

from owed.tests.project import Project, build_wheel, make_environment, wait_until

DATABASE = "owed_shop_{}"


@pytest.fixture
def database() -> Iterator[dict[str, str]]:
    """Make an empty database on the session's server. Yields the variables by which libpq finds it."""
    settings = connection.settings_dict
    name = DATABASE.format(os.getpid())
    statement(f"CREATE DATABASE {name}")
    known = {"PGHOST": settings["HOST"], "PGPORT": settings["PORT"], "PGUSER": settings["USER"]}
    secret = {"PGPASSWORD": settings["PASSWORD"], "PGDATABASE": name}
    yield {key: str(value) for key, value in {**known, **secret}.items() if value}
    statement(f"DROP DATABASE {name} WITH (FORCE)")


def statement(sql: str, database: str = "postgres") -> list[Any]:
    other = connections.create_connection("default")
    other.settings_dict = {**other.settings_dict, "NAME": database}
    try:
        with other.cursor() as cursor:
            cursor.execute(sql)
            return list(cursor.fetchall()) if cursor.description else []
    finally:
        other.close()


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    return make_environment(folder / "environment", build_wheel(folder / "dist"))


@pytest.fixture
def project(tmp_path: Path, python: Path, database: dict[str, str]) -> Project:
    shop = Project(tmp_path, python, {**database, "CELERY_BROKER_URL": os.environ["CELERY_BROKER_URL"]})
    with (tmp_path / "shop" / "settings.py").open("a") as settings:
        settings.write("OWED_RING_AFTER = 1\n")  # seconds until a hint counts as lost: the test need not wait for fifteen
    shop.manage("migrate", "--run-syncdb")
    return shop


TASKS = """
from pathlib import Path

from celery import shared_task

try:
    from django.tasks import task
except ImportError:
    from django_tasks import task


@shared_task(bind=True)
def old(self, name, *, times):
    Path(name).write_text(f"{self.request.id} {self.request.retries} {times}")


@task(takes_context=True)
def new(context, name):
    Path(name).write_text(f"{context.task_result.id} {context.attempt}")
    return name.upper()
"""


TESTS = """
from owed.testing import owes
from shop.effects import count_sale, send_receipt
from shop.models import Order


def place_order(client, amount):
    client.post("/orders/", {"amount": amount})
    return Order.objects.get()


def test_an_order_owes_its_receipt(client, db):
    order = place_order(client, 40)
    [effect] = owes(send_receipt, about=order)
    assert effect.args == {"order_id": order.pk}


def test_the_receipt_is_written(client, db, tmp_path, monkeypatch, owed_drain, owed_broker_down):
    monkeypatch.chdir(tmp_path)
    order = place_order(client, 40)
    owed_drain()
    assert (tmp_path / f"receipt-{order.pk}.txt").read_text().endswith("you paid 40\\n")
    assert not owes(count_sale)


def test_effects_may_run_at_once(client, tmp_path, monkeypatch, owed_eager):
    monkeypatch.chdir(tmp_path)
    order = place_order(client, 40)
    assert (tmp_path / f"receipt-{order.pk}.txt").exists()
"""


def place_order(port: int, amount: int) -> int:
    request = Request(f"http://127.0.0.1:{port}/orders/", data=f"amount={amount}".encode())
    with urlopen(request, timeout=10) as answer:
        return int(answer.read().split()[1])


def states(project: Project) -> list[str]:
    """Return the state of each effect of the project, in order."""
    rows = statement("SELECT state FROM effects_effect ORDER BY id", project.environment["PGDATABASE"])
    return [state for (state,) in rows]


def empty_broker() -> None:
    with Connection(os.environ["CELERY_BROKER_URL"]) as broker:
        broker.default_channel.client.flushdb()


@pytest.mark.timeout(480)
@pytest.mark.django_db
class TestTheWheel:
    @pytest.mark.long
    def test_keeps_what_it_owes_when_web_and_broker_are_lost(self, project: Project) -> None:
        where = project.manage("shell", "-c", "import owed; print(owed.__file__)")
        assert "environment" in where, "the package is the one that was installed"
        assert "no issues" in project.manage("check")
        with project.worker(), project.web() as port:
            first = place_order(port, 40)
            wait_until(lambda: states(project) == ["done"] * 2)
        assert project.receipt(first)
        with project.web() as port:  # no worker runs, and the web server ends with SIGKILL
            second = place_order(port, 2)
        empty_broker()
        with project.worker():
            wait_until(lambda: states(project) == ["done"] * 4)
        assert project.receipt(second).endswith(": you paid 2\n")
        total = project.manage("shell", "-c", "from shop.models import Total; print(Total.objects.get().amount)")
        assert int(total.split()[-1]) == 42
        assert len(json.loads(project.manage("owed", "list", "--state", "done", "--json"))) == 4

    def test_runs_the_tasks_of_celery_and_of_django_that_the_project_had(self, project: Project) -> None:
        app = project.read("shop/celery.py").replace('Celery("shop")', 'Celery("shop", task_cls="owed.celery:DurableTask")')
        project.write("shop/celery.py", app)
        project.write("shop/tasks.py", TASKS)
        with (project.folder / "shop" / "settings.py").open("a") as settings:
            settings.write('TASKS = {"default": {"BACKEND": "owed.tasks.LedgerBackend"}}\n')
        project.manage("shell", "-c", "from shop.tasks import *; old.delay('a', times=2); new.enqueue('b')")
        assert states(project) == ["ready", "ready"]
        empty_broker()
        with project.worker():
            wait_until(lambda: states(project) == ["done"] * 2)
        found = project.manage("shell", "-c", "from shop.tasks import new; print(new.get_result('e2').return_value)")
        assert found.split()[-1] == "B"
        assert (project.read("a"), project.read("b")) == ("e1 0 2", "e2 1")

    @pytest.mark.long
    def test_brings_its_fixtures_to_pytest(self, project: Project) -> None:
        project.write("pytest.ini", "[pytest]\nDJANGO_SETTINGS_MODULE = shop.settings\npythonpath = .\n")
        project.write("test_shop.py", TESTS)
        assert "3 passed" in project.run("-m", "pytest", "-q", "test_shop.py")
