"""A real Bluesky server on loopback: what app/social/networks/bluesky.py says is said to the software that others run."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from config.run_directory import BASE
from tests.chaos.laws import Broken
from tests.servers import unused_port
from tools.devserver import server
from tools.devserver.procfile import Program
from tools.devserver.server import ROOT

PACKAGES = ("@atproto/pds@^0.4", "@did-plc/server@0.0.1")
HOME = ROOT / "var" / "faults" / "pds"
SCRIPTS = Path(__file__).with_name("pds_server")
INSTALL_SECONDS = 900
SUITE_SECONDS = 600
SUITE = ("tests/faults/pds_cases.py", "tests/social/test_conformance.py")


class NotInstalled(Exception):
    """npm did not bring the packages; the message holds its last lines."""


def impossible() -> str:
    """Return why this cannot be done here, or nothing."""
    if missing := [name for name in ("node", "npm") if shutil.which(name) is None]:
        return f"{' and '.join(missing)} not installed"
    try:
        install()
    except NotInstalled as error:
        return f"npm did not bring {' and '.join(PACKAGES)}: {error}"
    return ""


def install() -> None:
    """Bring the packages into var/, once. Minutes: one of them is compiled."""
    if (HOME / "installed").exists():
        return
    HOME.mkdir(parents=True, exist_ok=True)
    (HOME / "package.json").write_text('{"private": true}\n')
    headers = {"npm_config_nodedir": "/usr"} if Path("/usr/include/node/node.h").exists() else {}
    command = ["npm", "install", "--no-audit", "--no-fund", "--loglevel=error", *PACKAGES]
    try:
        done = subprocess.run(
            command,
            cwd=HOME,
            env={**os.environ, **headers},
            capture_output=True,
            text=True,
            timeout=INSTALL_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise NotInstalled(f"it was not done within {INSTALL_SECONDS} s") from None
    if done.returncode:
        raise NotInstalled(done.stderr.strip()[-500:])
    (HOME / "installed").touch()


def run() -> str:
    """Return what was seen. Raises Broken."""
    with serving() as url:
        plugins = ["-p", "no:xdist", "-p", "no:cacheprovider", "-p", "tests.faults.real_bluesky"]
        options = ["-m", "not slow", *plugins, "-q", "--no-header", "-rfE"]
        command = [sys.executable, "-W", "ignore", "-m", "pytest", *options, "-k", "pds_cases or bluesky", *SUITE]
        env = {**os.environ, "BLUESKY_PDS": url}
        done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=SUITE_SECONDS, check=False)
    last = (done.stdout.strip().splitlines() or [""])[-1].strip("= ")
    if done.returncode:
        raise Broken({"the contract": last, "output": done.stdout[-6000:] + done.stderr[-1000:]})
    return f"{version()}: the contract and the conformance suite on it: {last}"


def version() -> str:
    manifest = json.loads((HOME / "node_modules" / "@atproto" / "pds" / "package.json").read_text())
    return f"@atproto/pds {manifest['version']}"


@contextmanager
def serving() -> Iterator[str]:
    """Run a server of accounts, with its directory of identities, and yield its address."""
    folder = Path(tempfile.mkdtemp(prefix="afterword-pds-", dir=BASE))
    plc, port = unused_port(), unused_port()
    (folder / "blobs").mkdir()
    line = f"node --import {SCRIPTS}/loopback.mjs {SCRIPTS}/start.mjs {HOME} {folder} {plc} {port}"
    program = Program(name="pds", line=line, port=port)
    with (folder / "log.txt").open("wb") as log:
        process = server.start(program, log)
    try:
        server.await_ready(program, process)
        yield f"http://localhost:{port}"
    finally:
        with contextlib.suppress(ProcessLookupError):
            server.stop(program, process)
        shutil.rmtree(folder, ignore_errors=True)
