"""Locks by name: held until the transaction ends, and only in one."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, transaction

from owed import NotInTransaction, sql
from tests.waiting import wait_until

WAITING = "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted)"

pytestmark = pytest.mark.django_db(transaction=True)


def elsewhere(hold: Any, *names: str) -> Any:
    try:
        with transaction.atomic():
            return hold(*names)
    finally:
        connection.close()


class TestHolding:
    def test_waits_for_the_transaction_that_holds_a_name(self) -> None:
        with ThreadPoolExecutor(1) as pool:
            with transaction.atomic():
                sql.hold("feeds", "search")
                other = pool.submit(elsewhere, sql.hold, "search")
                wait_until(lambda: sql.value(WAITING))
                assert not other.done()
            assert other.result(30) is None

    def test_may_ask_instead_of_waiting(self) -> None:
        with ThreadPoolExecutor(1) as pool, transaction.atomic():
            assert sql.try_hold("feeds")
            assert not pool.submit(elsewhere, sql.try_hold, "feeds").result(30)
            assert pool.submit(elsewhere, sql.try_hold, "another").result(30)

    @pytest.mark.parametrize("hold", [sql.hold, sql.try_hold])
    def test_is_refused_where_it_would_end_at_once(self, hold: Any) -> None:
        with pytest.raises(NotInTransaction):
            hold("feeds")


class TestArray:
    def test_of_texts_arrives_as_it_was_written(self) -> None:
        texts = [
            "",
            "a,b",
            '"quoted"',
            "back\\slash",
            "{}",
            "NULL",
            "null",
            " spaces ",
            "é 字 😀",
            "two\nlines",
            "it's",
            "100 %s %",
        ]

        assert sql.value("SELECT %s::text[]", [sql.text_array(texts)]) == texts
        assert sql.value("SELECT %(given)s::text[]", {"given": sql.text_array([])}) == []

    def test_of_numbers_arrives_as_it_was_written(self) -> None:
        assert sql.value("SELECT %s::bigint[]", [sql.array([3, -1, 2**40])]) == [3, -1, 2**40]
