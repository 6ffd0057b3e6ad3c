"""What is gathered during a transaction, and taken back with the savepoint that it was gathered in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class Savepoints:
    """Cuts lists back to what they held when the savepoint began to which Django rolls back.

    Called with each statement: `with connection.execute_wrapper(Savepoints(rows)): ...`
    """

    def __init__(self, *lists: list[Any]) -> None:
        self.lists = lists
        self.sizes: dict[str, list[int]] = {}

    def __call__(self, execute: Callable[..., Any], statement: Any, params: Any, many: bool, context: Any) -> Any:
        done = execute(statement, params, many, context)
        if isinstance(statement, str):
            self._follow(statement)
        return done

    def _follow(self, statement: str) -> None:
        # Django's own list of hooks (run_on_commit) is private, and a savepoint shows only in its SQL: SAVEPOINT x,
        # RELEASE SAVEPOINT x and ROLLBACK TO SAVEPOINT x.
        begun, _, name = statement.partition("SAVEPOINT ")
        if begun == "":
            self.sizes[name] = [len(each) for each in self.lists]
        elif begun == "ROLLBACK TO ":
            for each, size in zip(self.lists, self.sizes.get(name, [0] * len(self.lists)), strict=True):
                del each[size:]
