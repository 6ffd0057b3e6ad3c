"""A backend of django.tasks that keeps its tasks in the ledger. Settings name it owed.tasks.LedgerBackend."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, ParamSpec, TypeVar

from django.core.checks import CheckMessage, Error
from django.core.exceptions import SuspiciousOperation
from django.db import transaction
from django.utils.module_loading import import_string

from . import registry, task_results
from .claiming import Claimed
from .declaration import Declaration, Signature
from .django_tasks import (
    BaseTaskBackend,
    InvalidTask,
    Task,
    TaskContext,
    TaskResult,
    TaskResultDoesNotExist,
    task_backends,
    task_enqueued,
    task_finished,
    task_started,
)
from .models import Effect
from .outcomes import GiveUp, Later, LostLease
from .payload import PayloadDeclaration
from .recording import record_now
from .running import Running, current
from .scrubbing import describe
from .signals import effect_settled

P = ParamSpec("P")
R = TypeVar("R")
OPTIONS = {"kind": "external", "timeout": 300.0, "retries": 0}
"""kind: external or atomic, see Treatment. timeout: seconds. retries: how often a task that raised is tried again."""
CRASHES = 20
UNKNOWN_HERE = timedelta(seconds=30)
IDENTIFIER = re.compile(r"e(\d{1,18})")


class LedgerBackend(BaseTaskBackend):
    """enqueue() writes a row in the transaction that is open, or in one of its own; workers and the sweeper do the rest.

    supports_defer, supports_async_task, supports_get_result and supports_priority are true.
    """

    task_class = Task
    supports_defer = True
    supports_async_task = True
    supports_get_result = True
    supports_priority = True

    def __init__(self, alias: str, params: dict[str, Any]) -> None:
        super().__init__(alias, params)
        self.effects: dict[str, Declaration[Any]] = {}
        self._how = {**OPTIONS, **{name: self.options[name] for name in OPTIONS if name in self.options}}
        for queue in sorted(self.queues):
            self.effects[queue] = self._declare(queue)

    def validate_task(self, task: Task[..., Any]) -> None:
        """Raise InvalidTask as Django does, and where QUEUES is empty: workers must know each queue's effect."""
        if not self.queues:
            raise InvalidTask("owed.tasks.LedgerBackend needs QUEUES: a worker finds tasks by the names of their queues.")
        super().validate_task(task)

    def enqueue(self, task: Task[P, R], args: Sequence[Any], kwargs: Mapping[str, Any]) -> TaskResult[P, R]:
        """Owe a run of the task; a rollback takes it back. Raises InvalidTask; TypeError or BadArguments for arguments."""
        self.validate_task(task)
        call = task_results.call(task, args, kwargs)
        with transaction.atomic():
            signature = Signature(effect=self.effects[task.queue_name], args=call, eta=task.run_after, priority=task.priority)
            owed = record_now(signature, call["path"][:100])
            transaction.on_commit(owed.enqueue, robust=True)
            result: TaskResult[P, R] = self._result(Effect.objects.get(pk=owed.ids[0]), task)
            task_enqueued.send(type(self), task_result=result)
        return result

    def get_result(self, result_id: str) -> TaskResult[..., Any]:
        """Return how the task with this id is, read from the ledger. Raises TaskResultDoesNotExist; a purged one is gone."""
        effect = self._row(result_id)
        if effect is None:
            raise TaskResultDoesNotExist(result_id)
        return self._result(effect, self._recorded(effect))

    def check(self, **kwargs: Any) -> list[CheckMessage]:
        """Return what in the settings would refuse tasks, or be ignored."""
        found: list[CheckMessage] = []
        if not self.queues:
            found.append(Error(f"TASKS[{self.alias!r}] has no QUEUES.", hint="Name each queue that tasks use.", id="owed.E007"))
        unknown = sorted(self.options.keys() - OPTIONS.keys())
        if unknown:
            found.append(Error(f"TASKS[{self.alias!r}] has unknown OPTIONS: {', '.join(unknown)}.", id="owed.E008"))
        return found

    def _declare(self, queue: str) -> Declaration[Any]:
        def run_task(*, path: str, args: list[Any], kwargs: dict[str, Any], run_after: str | None = None) -> None:
            """Run a task of django.tasks."""
            self._run(path)

        suffix = "" if self.alias == "default" else f"_{self.alias}"
        effect: Declaration[Any] = PayloadDeclaration(
            name=f"{queue}.django_task{suffix}",
            takes=run_task,
            kind=self._how["kind"],
            timeout=float(self._how["timeout"]),
            max_attempts=CRASHES + int(self._how["retries"]),
        )
        registry.declare(effect)
        registry.bind(effect, run_task)
        _backends[effect.name] = self
        return effect

    def _run(self, path: str) -> None:
        running = current()
        assert running is not None  # noqa: S101 - the ledger alone calls this, one effect at a time
        task = self._known(path)
        result = self._result(Effect.objects.get(pk=running.id), task)
        task_started.send(type(self), task_result=result)
        try:
            task_results.keep(running, _call(result))
        except (Later, GiveUp, LostLease):
            raise
        except (Exception, SystemExit) as error:
            self._fail(running, error)

    def _fail(self, running: Running, error: BaseException) -> None:
        """Remember the error for the result, and end the task unless it may be tried again."""
        task_results.remember(error)
        if running.attempt > int(self._how["retries"]):
            raise GiveUp(describe(error)) from error
        # Not GiveUp, which would end the task: the ledger tries again with backoff.
        raise RuntimeError(describe(error)) from error

    def _known(self, path: str) -> Task[..., Any]:
        """Return the task, or wait for a worker that has it: in a rolling deploy this one may be older or newer."""
        try:
            return _import(path)
        except ImportError as error:
            raise Later(UNKNOWN_HERE, f"waiting for a worker that knows {path}") from error
        except SuspiciousOperation as error:
            raise GiveUp(str(error)) from error

    def _row(self, result_id: str) -> Effect | None:
        number = IDENTIFIER.fullmatch(str(result_id))
        names = [effect.name for effect in self.effects.values()]
        return Effect.objects.filter(pk=int(number[1]), task__in=names).first() if number else None

    def _recorded(self, effect: Effect) -> Task[..., Any]:
        """Return the task as it was enqueued."""
        after = effect.args.get("run_after")
        moment = datetime.fromisoformat(after) if after else None
        task = _import(effect.args["path"])
        return task.using(queue_name=effect.queue, backend=self.alias, run_after=moment, priority=effect.priority)

    def _result(self, effect: Effect, task: Task[P, R]) -> TaskResult[P, R]:
        facts = task_results.facts(effect)
        value = facts.pop("return")
        result: TaskResult[P, R] = TaskResult(task=task, backend=self.alias, **facts)
        object.__setattr__(result, "_return_value", value)  # as Django's own backends do: the class is frozen
        return result


def make_backends(aliases: Iterable[str]) -> None:
    """Make the backends with these aliases: each declares its effects."""
    for alias in aliases:
        task_backends[alias]


def _call(result: TaskResult[..., Any]) -> Any:
    call: Any = result.task.call
    if result.task.takes_context:
        return call(TaskContext(task_result=result), *result.args, **result.kwargs)
    return call(*result.args, **result.kwargs)


def _import(path: str) -> Task[..., Any]:
    """Raises ImportError; SuspiciousOperation for what is not a task: a row must not be able to call any function."""
    task = import_string(path)
    if not isinstance(task, Task):
        raise SuspiciousOperation(f"{path} is not a task")
    return task


def _say_end(sender: object, effect: Claimed, outcome: str, **kwargs: Any) -> None:
    backend = _backends.get(effect.task)
    if backend is None:
        return
    task_results.note(effect, outcome)
    if outcome in ("done", "dead"):
        with suppress(ImportError, SuspiciousOperation):  # a row that names no task has no result to show
            task_finished.send(type(backend), task_result=backend.get_result(f"e{effect.id}"))


_backends: dict[str, LedgerBackend] = {}
effect_settled.connect(_say_end, dispatch_uid="owed.tasks.say_end")
