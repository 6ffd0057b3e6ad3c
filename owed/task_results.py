"""What the ledger keeps of a run of django.tasks: return value, errors, workers, in the row's own column `result`.

{"return": any JSON, "errors": [{"class": str, "traceback": str}], "workers": {"1": "host:pid"}, "began": ISO time}; it is
purged with the row.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from datetime import datetime
from typing import Any

from . import sql
from .attempts import traceback_of
from .claiming import Claimed
from .django_tasks import TaskError, TaskResultStatus, normalize_json
from .models import PARKED, Effect, State
from .payload import refusal
from .running import Running

STATUS = {
    State.READY: TaskResultStatus.READY,
    State.WAITING: TaskResultStatus.READY,
    State.RUNNING: TaskResultStatus.RUNNING,
    **dict.fromkeys(PARKED, TaskResultStatus.READY),
    State.DONE: TaskResultStatus.SUCCESSFUL,
    State.DEAD: TaskResultStatus.FAILED,
    State.DISCARDED: TaskResultStatus.FAILED,
}
KEEP = """
UPDATE effects_effect SET result = coalesce(result, '{}') || jsonb_build_object(
    'return', %s::jsonb, 'workers', coalesce(result -> 'workers', '{}') || jsonb_build_object(%s::text, %s::text))
WHERE id = %s AND attempt = %s AND state = 'running'
"""
NOTE = """
UPDATE effects_effect SET result = coalesce(result, '{}') || jsonb_build_object(
    'errors', coalesce(result -> 'errors', '[]') || %s::jsonb,
    'began', coalesce(result -> 'began', to_jsonb(started_at)),
    'workers', coalesce(result -> 'workers', '{}') || jsonb_build_object(%s::text, %s::text))
WHERE id = %s AND attempt = %s
"""
_failed: ContextVar[BaseException | None] = ContextVar("owed_task_failed", default=None)


def call(task: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the row says of a call. Raises TypeError for arguments that JSON cannot hold."""
    after = {"run_after": task.run_after.isoformat()} if task.run_after else {}
    return {"path": task.module_path, "args": normalize_json(list(args)), "kwargs": normalize_json(dict(kwargs)), **after}


def keep(running: Running, value: Any) -> None:
    """Keep what the task returned. Raises TypeError or ValueError for what JSON cannot hold, or is too large."""
    value = normalize_json(value)
    problem = refusal(value)
    if problem:
        raise ValueError(f"return value: {problem}")
    sql.run(KEEP, [json.dumps(value), str(running.attempt), worker(), running.id, running.attempt])


def remember(error: BaseException) -> None:
    """Hold the error until the attempt is settled: a transaction that fails would take a note of it back."""
    _failed.set(error)


def note(effect: Claimed, outcome: str) -> None:
    """Write down which worker tried, and with which error it ended, if it did."""
    error = _failed.get()
    _failed.set(None)
    if outcome in ("done", "lost"):
        return
    errors = [] if error is None else [{"class": _path(error), "traceback": traceback_of(error)}]
    sql.run(NOTE, [json.dumps(errors), str(effect.attempt), worker(), effect.id, effect.attempt])


def facts(effect: Effect) -> dict[str, Any]:
    """Return the fields of a TaskResult, and "return"."""
    kept = effect.result or {}
    return {
        "id": f"e{effect.pk}",
        "status": STATUS[State(effect.state)],
        "enqueued_at": effect.created_at,
        "started_at": _began(effect, kept),
        "last_attempted_at": effect.started_at,
        "finished_at": effect.finished_at,
        "args": effect.args["args"],
        "kwargs": effect.args["kwargs"],
        "errors": _errors(effect, kept),
        "worker_ids": [kept.get("workers", {}).get(str(number), "") for number in range(1, effect.attempt + 1)],
        "return": kept.get("return"),
    }


def worker() -> str:
    """Return where this process runs, in at most 64 characters."""
    return f"{socket.gethostname()[:50]}:{os.getpid()}"


def _began(effect: Effect, kept: Mapping[str, Any]) -> datetime | None:
    first = kept.get("began")
    return datetime.fromisoformat(first) if first else effect.started_at


def _errors(effect: Effect, kept: Mapping[str, Any]) -> list[TaskError]:
    """Return the errors of all tries; where the last worker died, the ledger's own account of that."""
    errors = [(each["class"], each["traceback"]) for each in kept.get("errors", [])]
    if effect.state == State.DEAD and str(effect.attempt) not in kept.get("workers", {}):
        errors.append(("owed.outcomes.LostLease", effect.error))
    return [TaskError(exception_class_path=path, traceback=traceback) for path, traceback in errors]


def _path(error: BaseException) -> str:
    return f"{type(error).__module__}.{type(error).__qualname__}"
