"""The tutorial's project, written to a folder and run there as a user would, with the package installed from its wheel."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import sysconfig
import time
import venv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]
FILE = re.compile(r"^```python\n# (\S+\.py)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def wait_until(condition: Callable[[], object], timeout: float = 60.0) -> None:
    """Return once the condition holds. Raises AssertionError after `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, f"not true within {timeout} s"
        time.sleep(0.05)


def files() -> dict[str, str]:
    """Return the files that the tutorial shows, by path."""
    text = (PACKAGE / "docs" / "tutorial.md").read_text()
    return dict(FILE.findall(text))


def build_wheel(folder: Path) -> Path:
    """Build the source distribution, and the wheel from it, without a network."""
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, PACKAGE]
    subprocess.run(command, check=True, capture_output=True, text=True, timeout=120)
    [wheel] = folder.glob("*.whl")
    return wheel


def make_environment(folder: Path, wheel: Path) -> Path:
    """Return the Python of an empty environment with the wheel; what the wheel needs is lent by this interpreter's own."""
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    install = [python, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", wheel]
    subprocess.run(install, check=True, timeout=120)
    site = subprocess.run(
        [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], check=True, capture_output=True, text=True
    )
    lent = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    (Path(site.stdout.strip()) / "lent.pth").write_text("\n".join(sorted(lent)) + "\n")
    return python


class Project:
    """The shop, in a folder of its own, with a database and a broker of its own."""

    def __init__(self, folder: Path, python: Path, environment: dict[str, str]) -> None:
        self.folder = folder
        self.python = python
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(folder), **environment}
        for name, code in files().items():
            self.write(name, code)

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)

    def read(self, name: str) -> str:
        """Return what a file of the project holds; empty where it does not exist."""
        path = self.folder / name
        return path.read_text() if path.exists() else ""

    def manage(self, *words: str) -> str:
        """Run a management command and return what it printed."""
        return self.run("manage.py", *words)

    def run(self, *words: str) -> str:
        """Run Python and return what it printed."""
        command = [self.python, *words]
        done = subprocess.run(command, cwd=self.folder, env=self.environment, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def receipt(self, order: int) -> str:
        """Return what the effect of an order wrote; empty until it has."""
        return self.read(f"receipt-{order}.txt")

    @contextmanager
    def process(self, *words: str) -> Iterator[subprocess.Popen[bytes]]:
        """Run a module of Python until the block ends, and then kill it hard, with its children."""
        with (self.folder / f"{words[0]}.log").open("ab") as log:
            running = subprocess.Popen(
                [self.python, *words], cwd=self.folder, env=self.environment, stdout=log, stderr=log, start_new_session=True
            )
            try:
                yield running
            finally:
                os.killpg(running.pid, signal.SIGKILL)
                running.wait()

    @contextmanager
    def web(self) -> Iterator[int]:
        """Run the web server, answer its port, and end it with kill -9."""
        port = unused_port()
        with self.process("manage.py", "runserver", "--noreload", f"127.0.0.1:{port}"):
            wait_until(lambda: listens(port))
            yield port

    @contextmanager
    def worker(self) -> Iterator[None]:
        with self.process("-m", "celery", "-A", "shop", "worker", "--concurrency=1", "--loglevel=INFO"):
            yield


def unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
