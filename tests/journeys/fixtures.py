"""One broker, one database and one worker of the real project for each module, under pytest-celery's own fixtures.

A conftest imports these by name. pytest-celery's `celery_setup` stands on top, unchanged.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from celery import Celery
from django.db import connection, connections
from pytest_celery import CeleryBrokerCluster, CeleryTestBroker, CeleryTestSetup, RedisContainer
from pytest_django import DjangoDbBlocker

from owed.celery import Publisher
from owed.waker import waker
from tests.database import end_other_sessions, forget
from tests.journeys.nodes import BrokerProcess, CommandProcess, WorkerProcess, with_name
from tests.journeys.sample_tasks import TABLES
from tests.servers import HOME
from worker.celery import app as project

FORGET = """
TRUNCATE journey_write, journey_gate;
DELETE FROM effects_effect;
DELETE FROM effects_attempt;
DELETE FROM effects_tick;
DELETE FROM effects_schedule;
DELETE FROM django_celery_results_taskresult
"""

Start = Callable[..., CommandProcess]


@pytest.fixture(scope="module")
def journey_folder() -> Path:
    """A short private folder for sockets and logs; it goes away with the session."""
    folder = Path(os.environ[HOME]) / f"j{uuid4().hex[:8]}"
    folder.mkdir(mode=0o700)
    return folder


@pytest.fixture(scope="module")
def db(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """A copy of the migrated database, for this module alone. Django's connection leads there; yields its address.

    Named as pytest-django's fixture: it migrates a database only where a test asks for one by that name.
    """
    name, template = f"journey_{uuid4().hex[:10]}", connection.settings_dict["NAME"]
    with django_db_blocker.unblock(), pytest.MonkeyPatch.context() as patch:
        connections.close_all()
        end_other_sessions(template)
        _administer(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        patch.setitem(connection.settings_dict, "NAME", name)
        with connection.cursor() as cursor:
            cursor.execute(TABLES)
        yield with_name(os.environ["DATABASE_URL"], name)
        connections.close_all()
        patch.undo()
        _administer(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture(scope="module")
def default_redis_broker(journey_folder: Path) -> Iterator[RedisContainer]:
    node = BrokerProcess(journey_folder)
    assert node.ready()
    yield node
    node.kill()


@pytest.fixture(scope="module")
def default_redis_backend(default_redis_broker: RedisContainer) -> RedisContainer:
    """Never used by the project, whose results are rows; one server for whoever asks."""
    return default_redis_broker


@pytest.fixture(scope="module")
def journey_app(default_redis_broker: RedisContainer, db: str) -> Iterator[Celery]:
    """The project's own application in this process, publishing to this module's broker."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CELERY_BROKER_URL", default_redis_broker.celeryconfig["host_url"])
        # Celery keeps its connections to the broker of the module before.
        patch.setattr(project, "_pool", None)
        patch.setattr(project.amqp, "_producer_pool", None)
        publisher = Publisher(project)
        patch.setattr(waker, "publish", publisher)
        waker.unmute()
        yield project
        waker.wait_idle(5)
        publisher._drop()
    waker.unmute()


@pytest.fixture(scope="module")
def journey_env(default_redis_broker: RedisContainer, db: str, journey_folder: Path) -> dict[str, str]:
    """What a process of the project needs to know to belong to this module."""
    return {
        "DATABASE_URL": db,
        "CELERY_BROKER_URL": default_redis_broker.celeryconfig["url"],
        "DATA_DIR": str(journey_folder / "data"),
    }


@pytest.fixture(scope="module")
def default_worker_container(journey_folder: Path, journey_env: dict[str, str]) -> Iterator[WorkerProcess]:
    node = WorkerProcess(journey_folder, journey_env)
    assert node.ready()
    yield node
    node.kill()


@pytest.fixture
def celery_broker_cluster(celery_redis_broker: CeleryTestBroker) -> CeleryBrokerCluster:
    return CeleryBrokerCluster(celery_redis_broker)


@pytest.fixture
def celery_backend_cluster() -> None:
    """Have no node: results are rows in the project's database."""


@pytest.fixture
def celery_setup_app(journey_app: Celery) -> Celery:
    return journey_app


@pytest.fixture
def clean(db: str) -> None:
    """Begin with nothing owed and nothing written."""
    waker.unmute()
    forget(FORGET)


@pytest.fixture
def fresh(celery_setup: CeleryTestSetup, clean: None) -> None:
    """Begin with every node up, whatever the test before did to it, and nothing owed."""
    for node in (celery_setup.broker, celery_setup.worker):
        node.container.reload()
        if node.container.status != "running":
            node.restart()


@pytest.fixture
def start(journey_folder: Path, journey_env: dict[str, str]) -> Iterator[Start]:
    """Start other commands of the project, which end with the test."""
    started: list[CommandProcess] = []

    def start_one(name: str, *line: str, port: int | None = None, **env: str) -> CommandProcess:
        started.append(CommandProcess(name, *line, folder=journey_folder, env={**journey_env, **env}, port=port))
        return started[-1]

    yield start_one
    for process in started:
        process.kill()


def _administer(statement: str) -> None:
    with connection._nodb_cursor() as cursor:
        cursor.execute(statement)
