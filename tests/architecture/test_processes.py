"""Procfile and docker-compose.yml name the same processes, and each starts as written."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.architecture.processes import (
    PATIENCE,
    PRODUCTION,
    Process,
    answers,
    empty_database,
    plain_environment,
    queues,
    status,
)
from tests.servers import unused_port
from tests.waiting import wait_until
from tools.devserver import orphans
from tools.devserver.procfile import read
from tools.devserver.server import ROOT
from tools.devserver.valkey import binary
from worker import queues as declared

COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
OURS = {name: each for name, each in COMPOSE["services"].items() if "build" in each and "profiles" not in each}
PROCFILE = read(ROOT / "Procfile")
SECRETS = ("SECRET_KEY", "POSTGRES_PASSWORD", "FLOWER_BASIC_AUTH", "EMAIL_URL")


@pytest.mark.covers("D15")
class TestTheProcfile:
    def test_names_web_worker_beat_flower_and_release(self) -> None:
        assert {"web", "worker", "beat", "flower", "release"} <= set(PROCFILE)

    def test_consumes_every_queue(self) -> None:
        assert sorted(queue for line in PROCFILE.values() for queue in queues(line)) == declared.names()

    @pytest.mark.long
    @pytest.mark.timeout(400)
    def test_comes_up_whole_under_honcho_and_ends_whole_on_ctrl_c(self, tmp_path: Path) -> None:
        web, flower = unused_port(), unused_port()
        own = {"DATABASE_URL": "", "CELERY_BROKER_URL": "", "REDIS_URL": "", "DATA_DIR": str(tmp_path / "data")}
        ports = {"PORT": str(web), "FLOWER_PORT": str(flower), "MAILBOX_PORT": str(unused_port())}
        env = plain_environment(**own, **ports, SITE_URL=f"http://127.0.0.1:{web}", AFTERWORD_HONCHO=str(tmp_path))
        (tmp_path / "data").mkdir()
        honcho = Process([sys.executable, "-m", "honcho", "start", "--no-colour"], env, tmp_path / "honcho.log")
        try:
            honcho.await_said("Everything is up", "Applying sessions.0001_initial... OK", "ready.", "beat: Starting")
            wait_until(lambda: answers(web, "/healthz", env), PATIENCE)
            wait_until(lambda: answers(flower, "/healthcheck", env), PATIENCE)
        finally:
            servers = orphans.recall(tmp_path / "data" / "processes.json")
            honcho.end(signal.SIGINT)
        wait_until(lambda: not orphans.marked(f"AFTERWORD_HONCHO={tmp_path}"))
        wait_until(lambda: not any(map(orphans.alive, servers.values())))


@pytest.mark.covers("D14")
class TestTheComposeFile:
    def test_keeps_to_the_compose_schema(self) -> None:
        check = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec"]
        checked = subprocess.run(
            [*check, "docker-compose.yml"], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
        )
        assert checked.returncode == 0, checked.stdout

    def test_has_the_processes_of_the_procfile(self) -> None:
        assert {name.partition("-")[0] for name in OURS} == set(PROCFILE) - {"services"}

    def test_consumes_every_queue_once(self) -> None:
        assert sorted(queue for service in OURS.values() for queue in queues(" ".join(service["command"]))) == declared.names()

    def test_gives_no_secret_a_default(self) -> None:
        text = (ROOT / "docker-compose.yml").read_text()
        for name in SECRETS:
            assert re.findall(rf"\${{{name}[^:]*:\?", text), name
            assert not re.findall(rf"\${{{name}:?-", text), name

    def test_keeps_the_broker_from_forgetting(self) -> None:
        command = " ".join(COMPOSE["services"]["redis-broker"]["command"])
        assert "--maxmemory-policy noeviction" in command
        assert "--appendonly yes" in command

    def test_publishes_only_the_proxy_to_others(self) -> None:
        published = {name: port for name, service in COMPOSE["services"].items() for port in service.get("ports", [])}
        assert {name for name, port in published.items() if not port.startswith("127.0.0.1:")} == {"nginx"}
        assert "web" not in published

    @pytest.mark.parametrize("name", sorted(set(COMPOSE["services"]) - {"release", "beat"}))
    def test_asks_each_service_whether_it_is_well(self, name: str) -> None:
        assert COMPOSE["services"][name]["healthcheck"]["test"]

    def test_starts_the_programs_after_database_broker_and_release(self) -> None:
        for name in set(OURS) - {"release"}:
            assert OURS[name]["depends_on"]["release"]["condition"] == "service_completed_successfully"
            assert OURS[name]["depends_on"]["redis-broker"]["condition"] == "service_healthy"

    @pytest.mark.timeout(400)
    @pytest.mark.slow
    def test_names_commands_that_start_as_written(self, tmp_path: Path, production: dict[str, str]) -> None:
        released = Process(OURS["release"]["command"], production, tmp_path / "release.log")
        assert released.process.wait(PATIENCE) == 0, released.said()[-3000:]
        running = {
            name: Process(service["command"], production, tmp_path / f"{name}.log")
            for name, service in OURS.items()
            if name != "release"
        }
        try:
            self.await_all(running, production)
            assert status(int(production["FLOWER_PORT"]), "/") == 401
        finally:
            ended = {name: process.end(signal.SIGTERM) for name, process in running.items()}
        assert set(ended.values()) <= {0, -signal.SIGTERM}, ended

    def await_all(self, running: dict[str, Process], env: dict[str, str]) -> None:
        running["beat"].await_said("beat: Starting")
        for name in running:
            if name.startswith("worker"):
                running[name].await_said("ready.")
        wait_until(lambda: self.well("worker-mail", env), PATIENCE)
        wait_until(lambda: answers(int(env["PORT"]), "/healthz", env), PATIENCE)
        wait_until(lambda: answers(int(env["FLOWER_PORT"]), "/healthcheck", env), PATIENCE)

    def well(self, name: str, env: dict[str, str]) -> bool:
        program, *rest = OURS[name]["healthcheck"]["test"][1:]
        assert program == "python"
        return (
            subprocess.run([sys.executable, *rest], env=env, cwd=ROOT, capture_output=True, check=False, timeout=60).returncode
            == 0
        )

    @pytest.fixture
    def production(self, tmp_path: Path) -> Iterator[dict[str, str]]:
        ports: dict[str, Any] = {"PORT": str(unused_port()), "FLOWER_PORT": str(unused_port())}
        with empty_database() as url:
            yield plain_environment(**PRODUCTION, **ports, DATABASE_URL=url, DATA_DIR=str(tmp_path / "data"))


class TestTheServersOfTheComposeFile:
    @pytest.mark.covers("D14")
    @pytest.mark.parametrize("name", ["redis-broker", "redis-cache"])
    def test_are_given_options_that_the_server_takes(self, name: str, tmp_path: Path) -> None:
        options = COMPOSE["services"][name]["command"][1:]
        command = [str(binary()), *options, "--port", str(unused_port()), "--bind", "127.0.0.1", "--dir", str(tmp_path)]
        server = Process(command, plain_environment(), tmp_path / "log")
        try:
            server.await_said("Server initialized", "Ready to accept connections")
        finally:
            server.end(signal.SIGTERM)
