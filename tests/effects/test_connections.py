"""A connection that is in use is not asked whether it lives, and one that broke is replaced."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from functools import partial
from uuid import uuid4

import pytest
from django.db import OperationalError, connection, transaction

from owed import connections, record, registry
from owed.connections import again_if_broken, heal_connection
from owed.running import run
from tests.effects import samples

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def statements() -> Iterator[list[str]]:
    """What is executed on this thread's connection; Django's own question whether it lives comes by this way too."""
    said: list[str] = []
    usable = connection.is_usable

    def ask() -> bool:
        said.append("SELECT 1")
        return bool(usable())

    def note(execute: Callable[..., object], sql: str, *rest: object) -> object:
        said.append(sql.split(maxsplit=1)[0])
        return execute(sql, *rest)

    connection.health_check_enabled = True
    connection.is_usable = ask  # type: ignore[method-assign]
    with connection.execute_wrapper(note):
        yield said
    del connection.is_usable


class TestAConnection:
    def test_is_asked_once_in_five_idle_seconds(self, statements: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
        for _ in range(3):
            run(registry.get("test.note"), [999_999], uuid4())
        statements.clear()
        run(registry.get("test.note"), [999_999], uuid4())
        assert statements == ["UPDATE"]
        monkeypatch.setattr(connections._last, "at", connections._last.at - 6)
        run(registry.get("test.note"), [999_999], uuid4())
        assert statements == ["UPDATE", "SELECT 1", "UPDATE"]

    def test_is_asked_after_an_error(self, statements: list[str]) -> None:
        samples.poison.add(1)
        with transaction.atomic():
            [pk] = record(samples.call.si(n=1)).ids
        heal_connection()
        statements.clear()
        run(registry.get("test.call"), [pk], uuid4())
        assert statements == ["UPDATE", "SELECT 1", "UPDATE", "INSERT"]

    def test_that_broke_is_replaced_once(self) -> None:
        tried: list[int] = []

        def act() -> int:
            tried.append(len(tried))
            return one()

        one()
        pid = connection.connection.info.backend_pid
        kill(pid)
        assert again_if_broken(act) == 1
        assert tried == [0, 1]
        assert connection.connection.info.backend_pid != pid

    def test_is_not_replaced_in_a_transaction(self) -> None:
        with pytest.raises(OperationalError), transaction.atomic():
            one()
            kill(connection.connection.info.backend_pid)
            again_if_broken(one)


def one() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        return int(cursor.fetchone()[0])


def kill(pid: int) -> None:
    """End a backend, over a connection of another thread."""
    thread = threading.Thread(target=partial(_kill, pid))
    thread.start()
    thread.join()


def _kill(pid: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 10000)", [pid])
    connection.close()
