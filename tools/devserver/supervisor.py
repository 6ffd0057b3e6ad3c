"""Start the servers, then the programs; keep them running; end the programs first and the database last."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from config.run_directory import run_dir
from tools.devserver import orphans, server
from tools.devserver.child import Child
from tools.devserver.lock import Lock
from tools.devserver.output import Listener, Voice
from tools.devserver.postgres import Postgres
from tools.devserver.procfile import Program
from tools.devserver.room import is_full

MARK = "AFTERWORD_SUPERVISED"
PATIENCE = 30.0
PULSE = 0.1


class Stop(BaseException):
    """A signal or `make stop` asked to end."""


class Supervisor:
    """All children of one data folder. Single-threaded: the kernel ties a child's life to the thread that started it."""

    def __init__(self, data_dir: Path, lock: Lock, *, with_parent: bool = False) -> None:
        self.record = data_dir / "processes.json"
        self.lock = lock
        self.listener = Listener()
        self.voice = Voice("afterword")
        self.children: list[Child] = []
        self.asked = 0
        self.unwritten = self.full = False
        self.parent = os.getppid() if with_parent else None
        self.env = environment(self.record)

    def __enter__(self) -> Supervisor:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._ask)
        self.lock.take()
        clear_orphans(self.record, self.voice)
        return self

    def __exit__(self, *_: object) -> None:
        self.lock.say_ending()
        if self.children:
            self.voice.say("ending: programs first, servers last")
        self._end([child for child in self.children if isinstance(child.server, Program)])
        for child in reversed([child for child in self.children if not isinstance(child.server, Program)]):
            self._end([child])
        self.record.unlink(missing_ok=True)
        shutil.rmtree(run_dir(self.record.parent), ignore_errors=True)
        self.lock.release()

    def start(self, each: server.Server) -> Child:
        """Start it and wait until it answers."""
        child = Child(each, self.listener, self.env)
        self.children.append(child)
        child.start()
        self._remember()
        self.wait(lambda: each.ready() or not child.running, f"{each.name} to answer", watching=False)
        if not child.running and not each.ready():
            raise server.DidNotStart(ended_at_once(child))
        if isinstance(each, Postgres):
            each.create_database()
        return child

    def start_all(self, programs: list[Program]) -> None:
        """Start the programs together, then wait for each."""
        for program in programs:
            child = Child(program, self.listener, self.env)
            self.children.append(child)
            child.start()
        self._remember()
        for program in programs:
            self.wait(program.ready, f"{program.name} to answer", patience=120)

    def once(self, program: Program) -> None:
        """Run it to its end; raise DidNotStart unless it ends well."""
        child = Child(program, self.listener, self.env)
        child.start()
        self.children.append(child)
        self._remember()
        try:
            self.wait(lambda: not child.running, f"{program.name} to end", patience=1800, watching=False)
        finally:
            child.sweep()
        self.children.remove(child)
        if child.process and child.process.returncode:
            raise server.DidNotStart(ended_at_once(child))

    def run(self) -> None:
        """Keep everything running until asked to end, or until it makes no sense."""
        while True:
            self._beat()

    def wait(
        self, condition: Callable[[], bool], what: str, patience: float = server.PATIENCE, *, watching: bool = True
    ) -> None:
        deadline = time.monotonic() + patience
        while not condition():
            self._beat(watching=watching)
            if time.monotonic() > deadline:
                raise server.DidNotStart(f"Timed out after {patience:g} s waiting for {what}.")

    def _beat(self, *, watching: bool = True) -> None:
        self.listener.listen(PULSE)
        if self.asked or (self.parent and os.getppid() != self.parent):
            raise Stop
        if watching:
            self._watch()

    def _watch(self) -> None:
        if [child for child in self.children if child.watch()] or self.unwritten:
            self._remember()
        failing = [child for child in self.children if child.failures and not child.running]
        if failing and self._has_no_room():
            for child in failing:
                child.forgive()
        for child in failing:
            if child.hopeless:
                raise server.DidNotStart(ended_at_once(child))

    def _end(self, children: list[Child]) -> None:
        """Ask all to end, wait, insist."""
        for child in children:
            child.ask_to_end()
        limit = time.monotonic() + PATIENCE
        while any(child.running for child in children) and time.monotonic() < limit and self.asked < 3:
            self.listener.listen(PULSE)
        for child in children:
            if child.running:
                child.voice.say("did not end when asked: ended by force")
            child.sweep()
            if child.process:
                child.process.wait()

    def _remember(self) -> None:
        running = {child.server.name: child.process.pid for child in self.children if child.process and child.running}
        try:
            orphans.remember(self.record, running)
        except OSError as error:
            # It serves only to find the processes again after a kill: no reason to end them.
            if not self.unwritten:
                self.voice.say(f"cannot write {self.record.name}: {error.strerror}; trying again")
            self.unwritten = True
        else:
            self.unwritten = False

    def _has_no_room(self) -> bool:
        """Return whether the disk is full, and say so once."""
        full = is_full(self.record.parent)
        if full and not self.full:
            self.voice.say(f"the disk of {self.record.parent} is full: what ends is started again until there is room")
        self.full = full
        return full

    def _ask(self, number: int, frame: FrameType | None) -> None:
        self.asked += 1


def environment(record: Path) -> dict[str, str]:
    """Return what the children see: this interpreter's programs first on PATH, and whose they are."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    return {**os.environ, "PATH": path, "PYTHONUNBUFFERED": "1", MARK: str(record)}


def ended_at_once(child: Child) -> str:
    lines = "\n".join(f"  {line}" for line in child.voice.last)
    return f"{child.server.name} does not stay up. Its last lines:\n{lines}"


def clear_orphans(record: Path, voice: Voice) -> None:
    """End what a killed supervisor left, the database last."""
    left = orphans.recall(record)
    for name in sorted(left, key=lambda name: (name == "postgres", name in ("broker", "cache"))):
        voice.say(f"{name} (pid {left[name]}) is left from a run that was killed: ending it")
        orphans.end(left[name], signal.SIGINT if name == "postgres" else signal.SIGTERM)
    for pid in orphans.marked(f"{MARK}={record}"):
        orphans.end(pid, signal.SIGTERM)
    record.unlink(missing_ok=True)
