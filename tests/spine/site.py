"""The whole site as `make run` starts it, and a person and a program who use it over HTTP."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from base64 import b64encode
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx2
import redis
from standardwebhooks import Webhook

from config.run_directory import run_dir
from tests.servers import unused_port
from tests.waiting import wait_until
from tools.devserver.server import ROOT

TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
STARTED = 180.0


class Site:
    """A supervisor with its servers and programs, on ports and a data folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port, self.flower_port, mailbox_port = unused_port(), unused_port(), unused_port()
        dropped = {"DATABASE_URL", "CELERY_BROKER_URL", "REDIS_URL", "EMAIL_URL"}
        kept = {name: value for name, value in os.environ.items() if name not in dropped and not name.startswith("PYTEST_")}
        self.env = {
            **kept,
            "DATA_DIR": str(folder / "data"),
            "PORT": str(self.port),
            "FLOWER_PORT": str(self.flower_port),
            "MAILBOX_PORT": str(mailbox_port),
            "SITE_URL": f"http://127.0.0.1:{self.port}",
        }
        self.log = folder / "said.log"
        self.token = ""

    def start(self) -> None:
        with self.log.open("ab") as log:
            command = [sys.executable, "-m", "tools.devserver", "run"]
            self.process = subprocess.Popen(command, cwd=ROOT, env=self.env, stdout=log, stderr=log, start_new_session=True)
        wait_until(lambda: self.answers("/healthz") or self.process.poll() is not None, STARTED, 0.2)
        assert self.process.poll() is None, self.log.read_text()[-3000:]

    def stop(self) -> int:
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(90)

    def manage(self, *words: str) -> str:
        done = subprocess.run(
            [sys.executable, "manage.py", *words],
            cwd=ROOT,
            env=self.env,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stdout

    def programs(self, mark: str) -> list[int]:
        """Return the pids of this site's processes whose command holds the mark."""
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                ours = self.env["DATA_DIR"].encode() in (entry / "environ").read_bytes()
            except OSError:
                continue
            if ours and mark in command:
                found.append(int(entry.name))
        return sorted(found)

    def server(self, name: str) -> int:
        """Return the pid of the server called broker or cache."""
        with redis.Redis(unix_socket_path=str(run_dir(self.folder / "data") / f"{name}.sock")) as client:
            return int(client.info("server")["process_id"])

    def broker_holds(self) -> str:
        """Return everything that waits in the queues, as text."""
        with redis.Redis(unix_socket_path=str(run_dir(self.folder / "data") / "broker.sock"), decode_responses=True) as client:
            waiting = [client.lrange(key, 0, -1) for key in client.scan_iter(_type="list")]
            return str(waiting) + str([client.hgetall(key) for key in client.scan_iter("unacked", _type="hash")])

    def answers(self, path: str) -> bool:
        try:
            return httpx2.get(self.url(path), timeout=2).status_code == 200
        except httpx2.HTTPError:
            return False

    def home(self) -> str:
        """Return the front page as a stranger sees it."""
        return httpx2.get(self.url("/"), timeout=10).text

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def mails(self) -> list[EmailMessage]:
        parse: Any = message_from_bytes
        return [parse(path.read_bytes(), policy=policy.default) for path in (self.folder / "data/mailbox").glob("*.eml")]

    def effects(self, about: str) -> list[dict[str, Any]]:
        """Return the account of a subject, as the API gives it."""
        if not self.token:
            self.token = self.manage("api_token", "ada").split()[-1]
        headers = {"Authorization": f"Token {self.token}"}
        answer = httpx2.get(self.url(f"/api/v1/effects?about={about}"), headers=headers, timeout=30)
        listed: list[dict[str, Any]] = answer.json()
        return listed

    def flower(self, path: str) -> httpx2.Response:
        basic = b64encode(b"operator:operator").decode()
        return httpx2.get(f"http://127.0.0.1:{self.flower_port}{path}", headers={"Authorization": f"Basic {basic}"}, timeout=10)


class Person:
    """Somebody in a browser without scripts."""

    def __init__(self, site: Site) -> None:
        self.client = httpx2.Client(base_url=site.url(""), timeout=30, headers={"User-Agent": "Mozilla/5.0 Firefox/140.0"})

    def get(self, path: str) -> httpx2.Response:
        return self.client.get(path)

    def post(self, path: str, page: str, **fields: Any) -> httpx2.Response:
        """Send a form as the page would: with its token, and the page as Referer."""
        found = TOKEN.search(self.client.get(page).text)
        assert found, f"no form on {page}"
        headers = {"Referer": str(self.client.base_url) + page.lstrip("/")}
        return self.client.post(path, data={"csrfmiddlewaretoken": found[1], **fields}, headers=headers)

    def sign_in(self, username: str, password: str) -> None:
        response = self.post("/login/", "/login/", username=username, password=password)
        assert response.status_code == 302, response.text[:500]


class Receiver:
    """A webhook's far end that checks signatures with the official verifier."""

    def __init__(self) -> None:
        self.secret = ""
        self.calls: list[dict[str, Any]] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.calls.append(Webhook(receiver.secret).verify(body, dict(self.headers.items())))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *args: object) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/hooks"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
