"""Write down what is owed, in the transaction of the change that owes it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection, models, transaction

from owed import clock, crash, registry
from owed.outcomes import BadArguments, NotInTransaction
from owed.waker import waker

INSERT = """
INSERT INTO effects_effect (task, queue, args, about, key, kind, max_attempts, state, attempt, rings,
                            wake_at, due_at, created_at, outcome, error)
SELECT task, queue, args, about, key, kind, max_attempts, CASE WHEN delay > 0 THEN 'waiting' ELSE 'ready' END, 0, 0,
       clock_timestamp() + make_interval(secs => CASE WHEN delay > 0 THEN delay ELSE %s END),
       clock_timestamp() + make_interval(secs => delay), clock_timestamp(), '', ''
FROM jsonb_to_recordset(%s::jsonb) AS owed (task text, queue text, args jsonb, about text, key text, kind text,
                                            max_attempts integer, delay float8)
RETURNING id, task, state
"""


@dataclass(frozen=True)
class Row:
    task: str
    queue: str
    args: Mapping[str, Any]
    about: str
    key: str | None
    kind: str
    max_attempts: int
    delay: float


@dataclass
class Owed:
    """What one event owes: names and ids of the rows that are ready to run."""

    ready: list[tuple[str, int]] = field(default_factory=list)
    ids: list[int] = field(default_factory=list)

    def enqueue(self) -> None:
        """Hand the ids to this process's waker. Never blocks, never raises for the broker."""
        crash.point("after-commit")
        waker.wake(self.ready)


class _Gathering:
    def __init__(self) -> None:
        self.rows: list[tuple[Any, list[Row]]] = []

    def add(self, rows: list[Row]) -> None:
        def marker() -> None: ...

        transaction.on_commit(marker)
        self.rows.append((marker, rows))

    def kept(self) -> list[Row]:
        """Return the rows whose savepoint still stands: Django drops the hooks of those rolled back."""
        standing = {hook[1] for hook in connection.run_on_commit}
        return _once([row for marker, rows in self.rows if marker in standing for row in rows])


def _once(rows: list[Row]) -> list[Row]:
    """Return what is owed to a batch twice only once: both would read what this one commit left."""
    batched = {task for task in {row.task for row in rows} if registry.get(task).batch > 1}
    first: dict[object, Row] = {}
    for place, row in enumerate(rows):
        first.setdefault((row.task, str(row.args), row.delay) if row.task in batched else place, row)
    return list(first.values())


_gathering: ContextVar[_Gathering | None] = ContextVar("effects_gathering", default=None)


def record(*what: Any, about: models.Model | str | None = None, countdown: float = 0.0, **args: Any) -> Owed:
    """Insert what is owed, in one statement. Raises NotInTransaction, UnknownEffect, BadArguments.

    Takes signatures (`email.announce.si(post_id=1)`, as many as the event owes), or one name and its arguments
    (`record("email.page", send_id=1)`). `about` names the subject. A signature's countdown or eta, or the countdown
    beside a name (seconds), delays the row; it never reaches the broker.
    """
    if not connection.in_atomic_block:
        raise NotInTransaction("record() writes with the change that owes the effect: open transaction.atomic() around both")
    rows = _rows(what, args, _subject(about), countdown)
    gathering = _gathering.get()
    if gathering is not None:
        gathering.add(rows)
        return Owed()
    return _insert(rows)


@contextmanager
def gather() -> Iterator[Owed]:
    """Insert all that is recorded inside in one statement at the end, a batch's subjects once each, and ring once.

    For bulk verbs.
    """
    if _gathering.get() is not None:
        yield Owed()
        return
    gathering, owed = _Gathering(), Owed()
    token = _gathering.set(gathering)
    try:
        yield owed
    finally:
        _gathering.reset(token)
    inserted = _insert(gathering.kept())
    owed.ready, owed.ids = inserted.ready, inserted.ids
    transaction.on_commit(owed.enqueue, robust=True)


def _insert(rows: list[Row]) -> Owed:
    if not rows:
        return Owed()
    with connection.cursor() as cursor:
        cursor.execute(INSERT, [ring_after(), json.dumps([vars(row) for row in rows])])
        inserted = cursor.fetchall()
    crash.point("after-insert")
    return Owed(ready=[(task, pk) for pk, task, state in inserted if state == "ready"], ids=[row[0] for row in inserted])


def ring_after() -> float:
    """Return seconds after which a hint that nobody followed counts as lost."""
    return float(getattr(settings, "EFFECTS_RING_AFTER", 15))


def _rows(what: tuple[Any, ...], args: dict[str, Any], about: str, countdown: float) -> list[Row]:
    if what and isinstance(what[0], str):
        return [_row(what[0], args, about, countdown)]
    if args or countdown:
        raise BadArguments("a signature brings its own arguments and countdown; beside it stands about= alone")
    return [_row(each["task"], _keywords(each), about, _delay(each["options"])) for each in what]


def _row(name: str, args: Mapping[str, Any], about: str, delay: float) -> Row:
    spec = registry.get(name)
    spec.check(args)
    return Row(
        task=name,
        queue=spec.queue,
        args=args,
        about=about,
        key=spec.subject(args),
        kind=spec.kind,
        max_attempts=spec.max_attempts,
        delay=float(delay or spec.debounce),
    )


def _keywords(signature: Mapping[str, Any]) -> Mapping[str, Any]:
    if signature["args"]:
        raise BadArguments(f"{signature['task']}: effects take keywords only")
    kwargs: Mapping[str, Any] = signature["kwargs"]
    return kwargs


def _delay(options: Mapping[str, Any]) -> float:
    """Return seconds from now until a signature's countdown or eta."""
    eta = options.get("eta")
    if isinstance(eta, datetime):
        return max(0.0, (eta - clock.now()).total_seconds())
    return float(options.get("countdown") or 0.0)


def _subject(about: models.Model | str | None) -> str:
    from owed.models import subject_key

    return subject_key(about)
