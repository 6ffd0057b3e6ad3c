"""Two connections at once, in an order that the test decides: nobody sleeps, everybody is let go."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import Generic, TypeVar

from django.db import connection, transaction

from owed import crash
from tests.proof.ledger import select
from tests.waiting import wait_until

PATIENCE = 30.0
Result = TypeVar("Result")


class Gate:
    """Holds the first thread that comes by, until opened; lets all others pass."""

    def __init__(self) -> None:
        self.arrived, self.opened = Event(), Event()

    def __call__(self) -> None:
        if not self.arrived.is_set():
            self.arrived.set()
            assert self.opened.wait(PATIENCE), "nobody opened the gate"

    def await_arrival(self) -> None:
        assert self.arrived.wait(PATIENCE), "nobody came by the gate"

    def open(self) -> None:
        self.opened.set()


@contextmanager
def held_at(point: str) -> Iterator[Gate]:
    """Hold the first thread that passes this named point of the engine."""
    gate = Gate()
    crash.held[point] = gate
    try:
        yield gate
    finally:
        del crash.held[point]
        gate.open()


class Elsewhere(Generic[Result]):
    """A call on a thread with a database connection of its own."""

    def __init__(self, call: Callable[[], Result]) -> None:
        self.call = call
        self.error: BaseException | None = None
        self.pid = 0
        self.connected = Event()
        self.thread = Thread(target=self._run, daemon=True)
        self.thread.start()
        assert self.connected.wait(PATIENCE)

    def _run(self) -> None:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_backend_pid()")
                self.pid = cursor.fetchone()[0]
            self.connected.set()
            self.value = self.call()
        except BaseException as error:
            self.error = error
        finally:
            self.connected.set()
            connection.close()

    def result(self) -> Result:
        self.thread.join(PATIENCE)
        assert not self.thread.is_alive(), "the other thread hangs"
        if self.error:
            raise self.error
        return self.value

    def await_blocked(self) -> None:
        """Return once its statement waits for somebody's lock."""
        wait_until(lambda: select("SELECT cardinality(pg_blocking_pids(%s))", [self.pid]) != [(0,)])


@contextmanager
def uncommitted(call: Callable[[], Result], *, commit: bool = True) -> Iterator[Result]:
    """Do it here and keep its locks; commit, or roll back, when the block ends."""
    with transaction.atomic():
        yield call()
        transaction.set_rollback(not commit)
