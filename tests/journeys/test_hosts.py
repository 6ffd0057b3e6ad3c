"""Two hosts: web and worker of each are process groups with a data folder of their own.

They share a database, a broker, a cache and three folders, as docs/howto/scale.md says: pictures, uploads to import, exports.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from subprocess import run
from urllib.parse import urlsplit
from zipfile import ZipFile

import httpx2
import pytest

from app.accounts.models import ApiToken, Role
from owed.models import Effect
from tests import factories
from tests.architecture.processes import PRODUCTION
from tests.importer.uploads import jekyll
from tests.journeys.nodes import CommandProcess
from tests.journeys.waiting import eventually
from tests.servers import unused_port
from tools.devserver.server import ROOT
from worker import queues

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("clean"), pytest.mark.timeout(600)]

SHARED = ("media", "imports", "exports")
READER = {"Host": "afterword.example", "X-Forwarded-Proto": "https"}


class Host:
    """One machine: its folder, its web server, its worker."""

    def __init__(self, name: str, folder: Path, env: dict[str, str], taken: list[str]) -> None:
        data, port = folder / name, unused_port()
        data.mkdir()
        for each in SHARED:
            (data / each).symlink_to(folder / each)
        own = {**env, **PRODUCTION, "DATA_DIR": str(data), "PORT": str(port), "CELERY_WORKER_CONCURRENCY": "3"}
        run([sys.executable, "-W", "ignore", "-m", "config.release"], env=own, cwd=ROOT, check=True, capture_output=True)
        words = ("celery", "-A", "worker", "worker", "-Q", ",".join(taken), "-n", f"{name}@%h", "--loglevel", "INFO")
        self.worker = CommandProcess("worker", *words, folder=folder, env=own)
        web = ("gunicorn", "config.wsgi", "--config", "config/gunicorn.py")
        self.web = CommandProcess("web", *web, folder=folder, env=own, port=port)
        self.client = httpx2.Client(base_url=f"http://127.0.0.1:{port}", headers=READER, timeout=60)

    def await_ready(self) -> None:
        assert self.web.ready()
        eventually(lambda: " ready." in self.worker.fresh_logs())

    def kill(self) -> None:
        self.client.close()
        for process in (self.web, self.worker):
            process.kill()

    def get(self, path: str) -> httpx2.Response:
        return self.client.get(path)

    def post(self, path: str, **what: object) -> dict[str, object]:
        answer = self.client.post(f"/api/v1/{path}", **what)
        assert answer.status_code < 300, answer.text
        made: dict[str, object] = answer.json()
        return made

    def read(self, path: str) -> dict[str, object]:
        answer: dict[str, object] = self.get(f"/api/v1/{path}").json()
        return answer


@pytest.fixture
def hosts(clean: None, journey_folder: Path, journey_env: dict[str, str]) -> Iterator[list[Host]]:
    """Yield two. The worker of the first leaves upkeep to the second, whose worker takes all."""
    folder = journey_folder / "hosts"
    for each in SHARED:
        (folder / each).mkdir(parents=True)
    both = [
        Host("first", folder, journey_env, sorted(set(queues.names()) - {"upkeep"})),
        Host("second", folder, journey_env, queues.names()),
    ]
    token = ApiToken.objects.issue(factories.person("ada", Role.EDITOR), "hosts")[1]
    for each in both:
        each.client.headers["Authorization"] = f"Bearer {token}"
        each.await_ready()
    yield both
    for each in both:
        each.kill()


class TestTwoHosts:
    def test_do_each_other_s_work_read_each_other_s_files_and_go_on_alone(self, hosts: list[Host], tmp_path: Path) -> None:
        first, second = hosts
        assert "concurrency: 3" in first.worker.logs()

        picture = first.post("media", files={"file": ("boat.png", factories.image().read(), "image/png")})
        there = second.get(str(picture["url"]))
        assert (there.status_code, there.content) == (200, first.get(str(picture["url"])).content)

        asked = first.post("exports")
        eventually(lambda: second.read(f"exports/{asked['id']}")["state"] == "done")
        files = [each.get(f"/api/v1/exports/{asked['id']}/file") for each in hosts]
        assert files[0].content == files[1].content
        assert str(picture["url"]).removeprefix("/media/") in " ".join(ZipFile(BytesIO(files[0].content)).namelist())

        upload = first.post("imports", files={"file": ("old.zip", jekyll(tmp_path), "application/zip")})
        eventually(lambda: second.read(f"imports/{upload['id']}")["state"] == "checked")

        draft = first.post("posts", json={"title": "The last words of the first", "content": "Some words."})
        published = first.post(f"posts/{draft['id']}/publication")
        first.kill()
        assert Effect.objects.pending().exists()
        for page in ("/", urlsplit(str(published["url"])).path):
            assert "The last words of the first" in second.get(page).text
        eventually(lambda: not Effect.objects.pending().exists(), timeout=150)
        assert not Effect.objects.dead().exists()
        assert "The last words of the first" in second.get("/rss.xml").text
