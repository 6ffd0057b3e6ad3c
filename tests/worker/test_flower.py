"""Flower for real: behind a password, on loopback, readable, remembering, and telling nothing personal."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from pytest_celery import CeleryTestSetup

from tests.journeys import sample_tasks as samples
from tests.journeys.fixtures import Start
from tests.journeys.nodes import CommandProcess, WorkerProcess
from tests.journeys.owing import effect, owe, state
from tests.journeys.waiting import eventually
from tests.servers import unused_port

pytestmark = [pytest.mark.usefixtures("fresh"), pytest.mark.timeout(300)]

ROOT = Path(__file__).parents[2]
LINE = ("celery", "-A", "worker", "flower", "--conf=worker/flowerconfig.py")
CANARY = "canary-1f8b0c"
SIGN_IN = f"operator:pass:word, with a comma {CANARY}"
PERSONAL = ("reader@", "example.org", "hunter22", "&#x27;n&#x27;", '"n":', "{'n'")
SORTED = {"order[0][column]": 0, "order[0][dir]": "asc", "columns[0][data]": "name"}
TABLE = {"draw": 1, "start": 0, "length": 100, "search[value]": "", **SORTED}
PAGES = ("/", "/tasks", "/broker", "/tasks/datatable?" + urlencode(TABLE), "/api/tasks", "/api/workers", "/api/task/types")


class Flower:
    """The process and its doors."""

    def __init__(self, process: CommandProcess, port: int) -> None:
        self.process, self.port = process, port

    def get(self, path: str, sign_in: str | None = SIGN_IN, **more: bytes) -> tuple[int, str]:
        """Return status and text."""
        headers = {"Authorization": "Basic " + base64.b64encode(sign_in.encode()).decode()} if sign_in else {}
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", headers=headers, **more)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.code, refused.read().decode()

    def runs(self) -> dict[str, tuple[str, str]]:
        """Return name and state of each run by its uuid."""
        return {uuid: (run["name"], run["state"]) for uuid, run in json.loads(self.get("/api/tasks")[1]).items()}


@pytest.fixture(scope="module")
def journey_env(journey_env: dict[str, str]) -> dict[str, str]:
    """The environment of worker and Flower, with secrets that can be recognised wherever they are shown."""
    return {**journey_env, "SECRET_KEY": f"{CANARY}-secret-key", "EMAIL_URL": f"smtp://post:{CANARY}-mail@127.0.0.1:9"}


@pytest.fixture(scope="module")
def flower(journey_folder: Path, journey_env: dict[str, str], default_worker_container: WorkerProcess) -> Iterator[Flower]:
    port = unused_port()
    env = {**journey_env, "FLOWER_PORT": str(port), "FLOWER_BASIC_AUTH": SIGN_IN, "FLOWER_STATE_SAVE_INTERVAL": "2000"}
    process = CommandProcess("flower", *LINE, folder=journey_folder, env=env, port=port)
    assert process.ready()
    yield Flower(process, port)
    process.kill()


def three_ends(flower: Flower) -> dict[str, tuple[str, str]]:
    """Let effects succeed, stumble and die while Flower listens. Return what it should list."""
    eventually(lambda: hears(flower))
    done, stumbled, dead = owe(samples.write.si(n=1), samples.stumble.si(n=2), samples.refuse.si(n=3))
    eventually(lambda: state(stumbled) == "waiting")
    stumble = str(effect(stumbled).hint)
    eventually(lambda: [state(pk) for pk in (done, stumbled, dead)] == ["done", "done", "dead"])
    return {
        str(effect(done).hint): ("test.write", "SUCCESS"),
        stumble: ("test.stumble", "RETRY"),
        str(effect(stumbled).hint): ("test.stumble", "SUCCESS"),
        str(effect(dead).hint): ("test.refuse", "FAILURE"),
    }


def hears(flower: Flower) -> bool:
    """Return whether a run of its own reached Flower: its ear opens a moment after its door."""
    [pk] = owe(samples.write.si(n=0))
    eventually(lambda: state(pk) == "done")
    return str(effect(pk).hint) in flower.runs()


class TestItsDoor:
    @pytest.mark.covers("D6", "D22")
    def test_answers_401_without_the_password_and_only_on_loopback(self, flower: Flower) -> None:
        for path in (*PAGES, "/task/x", "/worker/x", "/api/queues/length"):
            assert flower.get(path, sign_in=None)[0] == 401, path
            assert flower.get(path, sign_in="operator:pass")[0] == 401, path
        assert flower.get("/")[0] == 200
        assert addresses_listening_on(flower.port) == {"0100007F"}

    @pytest.mark.covers("D6")
    def test_opens_no_page_to_a_password_that_it_cannot_compare(self, flower: Flower) -> None:
        status, text = flower.get("/", sign_in="operator:pässword")
        assert status >= 400
        assert "Traceback" not in text

    @pytest.mark.covers("D6")
    def test_is_for_looking_only(self, flower: Flower, celery_setup: CeleryTestSetup) -> None:
        shutdown = f"worker/shutdown/{celery_setup.worker.name()}"
        for path in ("task/send-task/test.write", "task/async-apply/test.write", shutdown):
            assert flower.get(f"/api/{path}", data=b"{}")[0] == 403, path


class TestItsPages:
    @pytest.mark.covers("D6", "D22", "X11")
    def test_list_runs_by_name_and_outcome_and_nothing_personal(self, flower: Flower) -> None:
        expected = three_ends(flower)
        eventually(lambda: expected.items() <= flower.runs().items())
        told = {path: flower.get(path) for path in (*PAGES, *(f"/task/{uuid}" for uuid in expected), "/metrics")}
        assert {path for path, (status, _) in told.items() if status != 200} == set()
        assert {path: word for path, (_, text) in told.items() for word in PERSONAL if word in text} == {}
        assert all(f"effects {pk}" in told[f"/task/{uuid}"][1] for uuid, pk in hints(expected))

    @pytest.mark.long
    @pytest.mark.covers("D6", "X11")
    def test_show_no_secret_of_the_environment(self, flower: Flower, celery_setup: CeleryTestSetup) -> None:
        eventually(lambda: "prefetch_multiplier" in flower.get("/api/workers?refresh=1")[1])
        name = celery_setup.worker.name()
        shown = {path: flower.get(path)[1] for path in (*PAGES, f"/worker/{name}", "/api/workers?refresh=1")}
        shown["inspect conf"] = json.dumps(celery_setup.app.control.inspect(timeout=10).conf())
        assert "broker_transport_options" in shown["inspect conf"]
        secrets = (CANARY, flower.process.environment["DATABASE_URL"])
        assert {(path, secret) for path, text in shown.items() for secret in secrets if secret in text} == set()

    @pytest.mark.covers("D6")
    def test_know_the_queues_of_a_broker_on_a_socket(self, flower: Flower) -> None:
        eventually(lambda: "upkeep" in flower.get("/broker")[1])
        assert flower.process.environment["CELERY_BROKER_URL"].startswith("redis+socket:///")

    @pytest.mark.covers("D22")
    def test_leave_metrics_and_the_health_check_open(self, flower: Flower) -> None:
        assert flower.get("/healthcheck", sign_in=None) == (200, "OK")
        assert flower.get("/metrics", sign_in=None)[0] == 200


class TestItsMemory:
    @pytest.mark.long
    @pytest.mark.covers("D6")
    def test_survives_kill_9(self, flower: Flower, journey_folder: Path) -> None:
        expected = three_ends(flower)
        eventually(lambda: expected.items() <= flower.runs().items())
        eventually(lambda: saved(journey_folder, list(expected)))
        flower.process.kill()
        flower.process.restart()
        assert expected.items() <= flower.runs().items()

    @pytest.mark.long
    def test_is_written_once_a_minute_unless_the_environment_says_otherwise(self, journey_env: dict[str, str]) -> None:
        ask = "import flower.options; from worker import flowerconfig; print(flowerconfig.state_save_interval)"
        env = {**journey_env, "FLOWER_BASIC_AUTH": SIGN_IN}
        done = subprocess.run([sys.executable, "-c", ask], env=env, cwd=ROOT, capture_output=True, text=True, check=True)
        assert int(done.stdout) == 60_000

    def test_lies_in_a_folder_that_is_nobody_elses(self, flower: Flower, journey_folder: Path) -> None:
        assert (journey_folder / "data" / "flower").stat().st_mode & 0o777 == 0o700


class TestAPasswordThatCannotWork:
    @pytest.mark.covers("D6")
    @pytest.mark.parametrize("sign_in", ["no-colon", "operator:pässword"])
    def test_stops_the_start_with_a_clear_message(self, start: Start, sign_in: str) -> None:
        process = start("flower", *LINE, FLOWER_BASIC_AUTH=sign_in)
        assert process.wait() != 0
        assert "FLOWER_BASIC_AUTH: must be name:password" in process.logs()


def hints(expected: dict[str, tuple[str, str]]) -> Iterator[tuple[str, int]]:
    from owed.models import Effect

    return iter((str(row.hint), row.pk) for row in Effect.objects.filter(hint__in=expected))


def saved(folder: Path, uuids: list[str]) -> bool:
    """Return whether the file of the state names every run."""
    held = b"".join(path.read_bytes() for path in (folder / "data" / "flower").glob("state*") if ".tmp" not in path.name)
    return all(uuid.encode() in held for uuid in uuids)


def addresses_listening_on(port: int) -> set[str]:
    """Return the local addresses of listening TCP sockets, as the kernel writes them."""
    lines = [line.split() for table in ("tcp", "tcp6") for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]]
    listening = [line[1].split(":") for line in lines if line[3] == "0A"]
    return {address for address, number in listening if int(number, 16) == port}
