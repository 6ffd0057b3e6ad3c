"""Existing Celery tasks, made durable by one setting: Celery("shop", task_cls="owed.celery:DurableTask").

delay() and apply_async() write a row in the transaction that is open, or in one of its own; the message is only a hint.
The task keeps its name, its arguments, its queue and its own rules of retrying. OWED_CELERY_DURABLE = ["shop.tasks.*"]
limits it to the tasks named, so that a project may move one at a time.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from typing import Any, NoReturn
from uuid import UUID

from celery import Celery
from celery._state import pop_current_task, push_current_task  # type: ignore[attr-defined]
from celery.contrib.django.task import DjangoTask
from celery.exceptions import Ignore, Reject, Retry
from django.conf import settings
from django.db import transaction
from kombu.utils.json import dumps, loads

from . import celery, registry
from .declaration import GRACE, Declaration, Kind, Signature
from .models import PARKED, Effect, State
from .outcomes import BadArguments, GiveUp, Later
from .payload import PayloadDeclaration
from .recording import record_now
from .running import current
from .scrubbing import describe
from .urgency import run_hint

TIMEOUT = 3600.0
# Tries after a worker died: what the task itself raises follows its own retry rules, not these.
CRASHES = 20
TIMES = {"countdown", "eta"}
# They say how the message travels, and the ledger has its own way; nothing of the task's meaning is lost.
HARMLESS = {
    "add_to_parent", "argsrepr", "compression", "connection", "delivery_mode", "ignore_result", "immediate", "kwargsrepr",
    "mandatory", "producer", "publisher", "retry", "retry_policy", "serializer", "shadow", "soft_time_limit", "time_limit",
}  # fmt: skip
STATES = {
    State.READY: "PENDING",
    State.WAITING: "RETRY",
    State.RUNNING: "STARTED",
    **dict.fromkeys(PARKED, "PENDING"),
    State.DONE: "SUCCESS",
    State.DEAD: "FAILURE",
    State.DISCARDED: "REVOKED",
}


class DurableTask(DjangoTask):  # type: ignore[type-arg]
    """A Celery task whose calls are rows of the ledger. For one task alone: @shared_task(base=DurableTask)."""

    abstract = True
    throws = (celery.EffectFailed,)
    Request = celery.REQUEST
    durable: bool | None = None
    """Whether calls are rows; None asks OWED_CELERY_DURABLE. @shared_task(durable=False) leaves one task as it was."""
    owed_timeout: float | None = None
    """Seconds until the body is stopped; from the task's own limits where none is given."""
    kind: Kind = "external"
    """external: the body runs outside a transaction, at least once. atomic: within one, exactly once for the database."""

    @classmethod
    def on_bound(cls, app: Celery) -> None:
        super().on_bound(app)
        if is_durable(cls):
            _declare(cls, app)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Answer a hint; a message of before, or a plain call, runs the body."""
        ids = self.request.get(celery.HEADER)
        # Messages sent before the task was made durable are still in the broker on the day of the deploy.
        if ids is None:
            return super().__call__(*args, **kwargs)
        celery.answer(self, run_hint(registry.get(self.name), [int(pk) for pk in ids], UUID(self.request.id)))
        return None

    def apply_async(self, args: Any = None, kwargs: Any = None, **options: Any) -> Any:  # type: ignore[override]
        """Owe a run. Raises BadArguments for what a row cannot say: links, chains, groups, chords, expiry, a queue."""
        if not is_durable(type(self)) or self.app.conf.task_always_eager:
            return super().apply_async(args, kwargs, **options)
        self._refuse(options)
        self._check(args or (), kwargs or {})
        with transaction.atomic():
            owed = record_now(_signature(self.name, args or (), kwargs or {}, options), "")
            transaction.on_commit(owed.enqueue, robust=True)
        return DurableResult(owed.ids[0])

    def apply_async_on_commit(self, *args: Any, **kwargs: Any) -> Any:
        """Owe a run at once: a row commits, or not, with the transaction that is open."""
        return self.apply_async(*args, **kwargs) if is_durable(type(self)) else super().apply_async_on_commit(*args, **kwargs)

    def delay_on_commit(self, *args: Any, **kwargs: Any) -> Any:
        """Owe a run at once: a row commits, or not, with the transaction that is open."""
        return self.delay(*args, **kwargs) if is_durable(type(self)) else super().delay_on_commit(*args, **kwargs)

    def retry(self, *args: Any, **kwargs: Any) -> Any:
        """Try again later, as in Celery: countdown=, eta=, exc=, max_retries=. Other arguments are refused."""
        if current() is None or self.request.called_directly:
            return super().retry(*args, **kwargs)
        if args or kwargs.keys() - {"exc", "throw", "eta", "countdown", "max_retries"}:
            raise BadArguments(f"{self.name}: a durable task is tried again with the arguments that it has")
        self.request.is_eager = True  # Celery computes when, and whether at all, and sends no message of its own
        return super().retry(**kwargs)

    def replace(self, sig: Any, **kwargs: Any) -> NoReturn:
        raise BadArguments(f"{self.name}: a durable task cannot be replaced; owe the other one and return")

    def _refuse(self, options: Mapping[str, Any]) -> None:
        said = {**{name: getattr(self, name, None) for name in ("expires", "priority")}, **options}
        refused = sorted(name for name, value in said.items() if value and name not in TIMES | HARMLESS)
        if refused:
            hint = "say durable=False for this task, or leave it out of OWED_CELERY_DURABLE"
            raise BadArguments(f"{self.name}: a row of the ledger cannot keep {', '.join(refused)}; {hint}")

    def _check(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
        check = getattr(self, "__header__", None) if self.typing else None
        if check is not None:
            check(*args, **kwargs)

    def run_owed(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
        """Run the body with Celery's own request around it, and say its end in the ledger's words."""
        try:
            with _request(self, args, kwargs):
                self.run(*args, **kwargs)
        except Retry as again:
            raise Later(_when(again), describe(again.exc) if again.exc else "") from again
        except Ignore:
            return
        except (Later, GiveUp):
            raise
        except Reject as refused:
            raise GiveUp(f"rejected: {refused}") from refused
        except Exception as error:
            # Celery tries again what asks for it, and only that; a body that never expected it may not be safe to repeat.
            raise GiveUp(describe(error)) from error


class DurableResult:
    """What apply_async() of a durable task returns: its state, read from the ledger. The return value is not kept."""

    def __init__(self, pk: int) -> None:
        self.pk = pk
        self.id = self.task_id = f"e{pk}"

    def __str__(self) -> str:
        return self.id

    @property
    def state(self) -> str:
        """PENDING, RETRY, STARTED, SUCCESS or FAILURE, as in Celery; PENDING also where the row was purged."""
        state = Effect.objects.filter(pk=self.pk).values_list("state", flat=True).first()
        return STATES[State(state)] if state else "PENDING"

    status = state

    def ready(self) -> bool:
        return self.state in ("SUCCESS", "FAILURE")

    def successful(self) -> bool:
        return self.state == "SUCCESS"

    def failed(self) -> bool:
        return self.state == "FAILURE"

    def get(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Raises NotImplementedError: the ledger keeps no return value of a Celery task."""
        raise NotImplementedError("A durable task keeps no return value: use owed.tasks, or durable=False for this task.")


def is_durable(task: type[Any]) -> bool:
    """Return whether calls of the task are rows: by its own `durable`, else by OWED_CELERY_DURABLE; by default all are."""
    if task.name is None or task.name.startswith("celery."):
        return False
    if task.durable is not None:
        return bool(task.durable)
    patterns: Sequence[str] = getattr(settings, "OWED_CELERY_DURABLE", ("*",))
    return any(fnmatchcase(task.name, pattern) for pattern in patterns)


def _declare(task: Any, app: Celery) -> None:
    name: str = task.name

    def run_durable(*, args: list[Any], kwargs: dict[str, Any]) -> None:
        durable: Any = app.tasks[name]
        durable.run_owed(_decoded(args), _decoded(kwargs))

    run_durable.__doc__ = task.__doc__
    run_durable.__qualname__ = f"run_durable[{name}]"
    # Kept: a task may be declared again, and its limits are overwritten below.
    task.owed_timeout = task.owed_timeout or _timeout(task, app)
    effect: Declaration[Any] = PayloadDeclaration(
        name=name, takes=run_durable, kind=task.kind, timeout=task.owed_timeout, max_attempts=CRASHES
    )
    task.soft_time_limit, task.time_limit = effect.soft_limit, effect.soft_limit + GRACE
    celery.leave_to_celery(name)
    registry.declare(effect)
    registry.bind(effect, run_durable)


def _timeout(task: Any, app: Celery) -> float:
    """Return seconds until the body is stopped: the task's own limit, the application's, or an hour."""
    soft = task.soft_time_limit or app.conf.task_soft_time_limit
    hard = task.time_limit or app.conf.task_time_limit
    return float(soft or (hard and max(1, hard - GRACE)) or getattr(settings, "OWED_CELERY_TIMEOUT", TIMEOUT))


def _signature(name: str, args: Sequence[Any], kwargs: Mapping[str, Any], options: Mapping[str, Any]) -> Signature:
    try:
        call = {"args": json.loads(dumps(list(args))), "kwargs": json.loads(dumps(dict(kwargs)))}
    except TypeError as error:
        raise BadArguments(f"{name}: {error}") from error
    eta: datetime | None = options.get("eta")
    if eta is not None and eta.tzinfo is None:
        eta = eta.replace(tzinfo=UTC)
    return Signature(effect=registry.get(name), args=call, countdown=float(options.get("countdown") or 0), eta=eta)


def _decoded(value: Any) -> Any:
    """Return what Celery's own JSON makes of it: dates, UUIDs and decimals keep their type."""
    return loads(json.dumps(value))


def _when(again: Retry) -> timedelta | datetime:
    if isinstance(again.when, datetime):
        return again.when if again.when.tzinfo else again.when.replace(tzinfo=UTC)
    return timedelta(seconds=float(again.when or 0))


@contextmanager
def _request(task: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Iterator[None]:
    running = current()
    assert running is not None  # noqa: S101 - the ledger alone calls this, one effect at a time
    mine = {"id": running.key, "args": args, "kwargs": kwargs, "retries": running.attempt - 1, "called_directly": False}
    push_current_task(task)
    task.push_request(**mine)
    try:
        yield
    finally:
        task.pop_request()
        pop_current_task()
