"""The same nodes as containers, for JOURNEYS=docker. docs/howto/test-with-containers.md says how, and what was never run."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from pytest_celery import CeleryWorkerContainer, RedisContainer
from pytest_docker_tools import build, container, fxtr

from tests.journeys.nodes import SAMPLES
from tests.servers import HOME, unused_port
from tools.devserver.server import ROOT

BROKER = ["valkey-server", "--save", "", "--appendonly", "no", "--maxmemory-policy", "noeviction", "--protected-mode", "no"]
WORKER = ["celery", "-A", "worker", "worker", "-n", "journey@%h", "--concurrency=2", "--without-mingle", "-I", SAMPLES]


class WorkerContainer(CeleryWorkerContainer):
    """The project's own image, with the two verbs that the journeys add to a container's."""

    def end(self, timeout: float = 60) -> None:
        self._container.stop(timeout=int(timeout))

    def wait(self, timeout: float = 60) -> int:
        return int(self._container.wait(timeout=timeout)["StatusCode"])


@pytest.fixture(scope="module")
def journey_volumes() -> dict[str, dict[str, str]]:
    """Give the container the session's sockets, where the host has them, and the samples that the image leaves out."""
    home = os.environ[HOME]
    return {home: {"bind": home, "mode": "rw"}, str(ROOT / "tests"): {"bind": "/app/tests", "mode": "ro"}}


journey_image = build(path=str(ROOT), tag="afterword:journeys")
default_redis_broker = container(
    scope="module",
    image="valkey/valkey:9",
    command=BROKER,
    # A port of our own choice stays the same through a restart.
    ports={"6379/tcp": str(unused_port())},
    network="{default_pytest_celery_network.name}",
    wrapper_class=RedisContainer,
)
default_worker_container = container(
    scope="module",
    image="{journey_image.id}",
    command=WORKER,
    user="0:0",
    environment=fxtr("journey_env"),
    volumes=fxtr("journey_volumes"),
    network="{default_pytest_celery_network.name}",
    wrapper_class=WorkerContainer,
)


def engine_answers() -> bool:
    """Return whether a Docker engine is there to be asked."""
    return bool(os.environ.get("DOCKER_HOST")) or Path("/var/run/docker.sock").exists()
