"""Write down what is owed, in the transaction of the change that owes it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from django.db import connection, connections, models, transaction

from . import causes, clock, counting, crash, origin, registry, sql
from .conf import ring_after
from .outcomes import NotInTransaction
from .rows import INSERT, Row
from .savepoints import Savepoints
from .tracing import tracer
from .waker import waker

if TYPE_CHECKING:
    from .declaration import Declaration, Signature

RUN_NOW = """
UPDATE effects_effect
SET state = 'ready', wake_at = clock_timestamp() + make_interval(secs => %s), due_at = clock_timestamp()
WHERE about = %s AND task = ANY(%s) AND state = 'waiting' AND attempt = 0
RETURNING id, task
"""


@dataclass
class Owed:
    """What one event owes: names and ids of the rows that are ready to run, the most urgent first."""

    ready: list[tuple[str, int]] = field(default_factory=list)
    ids: list[int] = field(default_factory=list)
    low: list[tuple[str, int]] = field(default_factory=list)
    """The same of those whose hints may wait behind others."""
    then: int | None = None
    """The id that the effect will have which `then=` names, and now that of the set."""

    def enqueue(self) -> None:
        """Hand the ids to this process's waker. Never blocks, never raises for the broker."""
        crash.point("after-commit")
        waker.wake(self.ready)
        if self.low:
            waker.wake(self.low, low=True)


def _once(rows: list[Row]) -> list[Row]:
    """Return what is owed to a batch twice only once: both would read what this one commit left."""
    batched = {task for task in {row.task for row in rows} if registry.get(task).batch > 1}
    first: dict[object, Row] = {}
    for place, row in enumerate(rows):
        first.setdefault((row.task, str(row.args), row.delay) if row.task in batched else place, row)
    return list(first.values())


_gathering: ContextVar[list[Row] | None] = ContextVar("effects_gathering", default=None)


def record(*signatures: Signature, about: models.Model | str | None = None, then: Signature | None = None) -> Owed:
    """Insert what is owed, in one statement. Raises NotInTransaction, BadArguments.

    Takes as many calls as the event owes: `record(refresh.si(post_id=1), about=post)`. `about` names the subject. A
    countdown or eta delays the row; it never reaches the broker. Ring after the commit, with on_commit(owed.enqueue).
    `then` is owed when all of these are settled, in the transaction of the last; where there are none, at once.
    """
    _in_transaction()
    about = _subject(about)
    rows = [_row(each, about) for each in signatures]
    if then is not None:
        return _insert_set(rows, then, about)
    gathering = _gathering.get()
    if gathering is not None:
        gathering += rows
        return Owed()
    return _insert(rows)


def record_now(signature: Signature, about: models.Model | str | None = None) -> Owed:
    """Insert one effect at once, also inside gather(), for callers that need its id. Raises as record() does."""
    _in_transaction()
    return _insert([_row(signature, _subject(about))])


def owe(*signatures: Signature, about: models.Model | str | None = None, then: Signature | None = None) -> Owed:
    """Insert what is owed, and ring when the transaction is committed: record() and on_commit() in one."""
    owed = record(*signatures, about=about, then=then)
    if owed.ids:
        # robust: an error of another callback must not keep the hint back, nor ours the other callbacks.
        transaction.on_commit(owed.enqueue, robust=True)
    return owed


def run_now(effect: Declaration[Any], about: models.Model | str) -> Owed:
    """Make due what is owed of this effect about this subject, is to run later, and has not begun. Raises NotInTransaction.

    For what is not to happen at its time any more: run now, an effect that looks at its subject finds nothing to do, and
    its account is closed instead of open until that time. Ring after the commit, as with record().
    """
    _in_transaction()
    hastened = sql.rows(RUN_NOW, [ring_after(), _subject(about), effect.names])
    return Owed(ready=[(task, pk) for pk, task in hastened], ids=[pk for pk, _ in hastened])


@contextmanager
def gather() -> Iterator[Owed]:
    """Insert all that is recorded inside in one statement at the end, a batch's subjects once each, and ring once.

    For bulk verbs. What a savepoint inside takes back is not owed. Raises NotInTransaction.
    """
    if _gathering.get() is not None:
        yield Owed()
        return
    _in_transaction()
    rows: list[Row] = []
    owed, token = Owed(), _gathering.set(rows)
    try:
        with connection.execute_wrapper(Savepoints(rows)):
            yield owed
    finally:
        _gathering.reset(token)
    inserted = _insert(_once(rows))
    owed.ready, owed.low, owed.ids = inserted.ready, inserted.low, inserted.ids
    transaction.on_commit(owed.enqueue, robust=True)


def _in_transaction() -> None:
    if connection.in_atomic_block:
        return
    # A ledger row in another database would commit without the change that owes it.
    others = [alias for alias in connections if connections[alias].in_atomic_block]
    if others:
        raise NotInTransaction(f"the ledger is in the database default, and the open transaction in {others[0]}")
    raise NotInTransaction("record() writes with the change that owes the effect: open transaction.atomic() around both")


def _insert(rows: list[Row]) -> Owed:
    if not rows:
        return Owed()
    inserted = sql.rows(INSERT, {"ring_after": ring_after(), "rows": json.dumps([vars(row) for row in rows])})
    crash.point("after-insert")
    ready = sorted((row for row in inserted if row[2] == "ready"), key=lambda row: -row[3])
    return Owed(
        ready=[(task, pk) for pk, task, _, priority in ready if priority >= 0],
        low=[(task, pk) for pk, task, _, priority in ready if priority < 0],
        ids=[row[0] for row in inserted],
    )


def _insert_set(rows: list[Row], then: Signature, about: str) -> Owed:
    """Insert these, counted as a set, and what is owed after them; at once, also inside gather(), where some could merge."""
    last = _row(then, about)
    if not rows:
        owed = _insert([last])
        return replace(owed, then=owed.ids[0])
    eta = then.eta.isoformat() if then.eta else None
    number = counting.declare(len(rows), replace(last, delay=0.0 if eta else last.delay), eta)
    return replace(_insert([replace(row, member_of=number) for row in rows]), then=number)


def _row(signature: Signature, about: str) -> Row:
    effect = signature.effect
    effect.check(signature.args)
    return Row(
        task=effect.name,
        queue=effect.queue,
        args=signature.args,
        about=about,
        key=effect.subject(signature.args),
        kind=effect.kind,
        max_attempts=effect.max_attempts,
        priority=effect.priority if signature.priority is None else signature.priority,
        delay=_delay(signature) or effect.debounce,
        cause=_cause(about),
        origin=origin.current(),
        trace=tracer.context(),
    )


def _cause(about: str) -> int | None:
    """Return the effect whose body runs now, which owes this one."""
    # Imported late: what runs bodies needs declarations, and these need this module.
    from .running import current

    running = current()
    return running.id if running else causes.in_batch(about)


def _delay(signature: Signature) -> float:
    """Return seconds from now until the call is due; 0 where it says nothing."""
    if signature.eta is None:
        return float(signature.countdown)
    return max(0.0, (signature.eta - clock.now()).total_seconds())


def _subject(about: models.Model | str | None) -> str:
    # Imported late: models need the app registry, and declarations are made while it loads.
    from .models import subject_key

    return subject_key(about)
