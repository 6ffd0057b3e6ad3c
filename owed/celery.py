"""Celery as the wake-up and the pool: effects as tasks, hints as messages, outcomes as Celery states."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from celery import Celery, Task, current_app, shared_task
from celery.exceptions import QueueNotFound, Retry
from django.core.checks import CheckMessage, Error, register

from . import crash, registry, sql
from .binding import in_transaction
from .conf import keeps_all_results
from .declaration import GRACE, Declaration
from .outcomes import BadArguments
from .registry import body_bound
from .running import Report
from .urgency import run_hint
from .waker import Hint, waker

HEADER = "effects"
WAKES = "SELECT min(wake_at) FROM effects_effect WHERE id = ANY(%s)"
# By the kind of transport, as each names it in its own way, and takes no notice of the other's. RabbitMQ says of a hint that it
# has it: a connection that carries nothing would take hints for minutes.
HASTE: dict[str, dict[str, Any]] = {
    "redis": {"max_retries": 0, "socket_connect_timeout": 0.3, "socket_timeout": 1.0, "retry_on_timeout": False},
    "amqp": {"max_retries": 0, "read_timeout": 1, "write_timeout": 1, "confirm_publish": True},
}

# A message without arguments, in Celery's protocol 2 (docs, "Message Protocol", version 2).
EMPTY = b'[[], {}, {"callbacks": null, "errbacks": null, "chain": null, "chord": null}]'
HEADERS = {
    "lang": "py", "parent_id": None, "group": None, "shadow": None, "eta": None, "expires": None, "retries": 0,
    "timelimit": [None, None], "kwargsrepr": "", "origin": "effects", "ignore_result": False,
}  # fmt: skip


REQUEST = "owed.hint_request:HintRequest"
"""By name: only a worker's parent needs it, and with it Celery's worker."""


class EffectFailed(Exception):
    """An effect is dead. The message is scrubbed; the ledger's row holds the account."""


class EffectTask(Task):  # type: ignore[type-arg]
    """A task whose message is a hint: the ids that it may run travel in a header."""

    abstract = True
    typing = False
    throws = (EffectFailed,)
    Request = REQUEST

    def __call__(self, *args: Any, **kwargs: Any) -> object:
        """Answer a hint; without one, run the body, as a plain call would."""
        ids = self.request.get(HEADER)
        if ids is None:
            return self.run(*args, **kwargs)
        answer(self, run_hint(registry.get(self.name), [int(pk) for pk in ids], UUID(self.request.id)))
        return None

    def apply_async(self, args: Any = None, kwargs: Any = None, **options: Any) -> Any:  # type: ignore[override]
        """Record the effect, so that a plain delay() is durable too. Eager mode runs the body at once."""
        if current_app.conf.task_always_eager:
            return super().apply_async(args, kwargs, **options)
        if args:
            raise BadArguments(f"{self.name}: effects take keywords only")
        signature = registry.get(self.name).si(**(kwargs or {})).set(**_timing(options))
        return in_transaction(signature, period=options.get("period"))


def answer(task: Any, report: Report) -> None:
    """Tell Celery how a hint's effects ended. Raises EffectFailed for a dead one, Retry for one that waits.

    A result is kept of what failed, or as OWED_CELERY_RESULTS says: the record is the ledger, and a second row costs as much.
    """
    failed_once = bool(report.dead or report.tracebacks)
    task.request.ignore_result = not (failed_once or (report.claimed and keeps_all_results()))
    if report.dead:
        failed = EffectFailed(_brief(report.dead))
        # Celery stores the traceback of this error; where the effect's own came from is said in a note below it.
        for pk, _ in report.dead:
            failed.add_note(report.tracebacks.get(pk, ""))
        raise failed from None
    if report.waiting:
        raise Retry(exc=EffectFailed(_brief(report.waiting)), when=_when(report)) from None


def give_to_celery(declaration: Declaration[Any], **kwargs: Any) -> None:
    """Make a task of an effect whose body is bound here, under each of its names."""
    soft = declaration.soft_limit
    limits: dict[str, Any] = {"soft_time_limit": soft, "time_limit": soft + GRACE}
    for name in declaration.names:
        if name not in _given:
            _given.add(name)
            shared_task(name=name, base=EffectTask, **limits)(_body(name))  # type: ignore[no-untyped-call]


def leave_to_celery(name: str) -> None:
    """Make no task of the effect with this name: it is one of Celery already."""
    _given.add(name)


def _body(name: str) -> Any:
    """Return what a plain call of the task runs: Celery keeps a task for good, and the body is the registry's to say."""

    def run_body(*args: Any, **kwargs: Any) -> object:
        return registry.body(registry.get(name))(*args, **kwargs)

    run_body.__doc__ = registry.get(name).takes.__doc__
    return run_body


_given: set[str] = set()
body_bound.connect(give_to_celery, dispatch_uid="owed.give_to_celery")
for known in registry.declared():
    if registry.bodies(known):
        give_to_celery(known)


@register("owed")
def each_queue_is_consumed(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """Refuse an effect whose hints go to a queue that Celery does not know and may not create."""
    lost = [each for each in registry.declared() if not _has_queue(each.name)]
    return [
        Error(f"No worker consumes {each.queue}, the queue of {each.name}.", hint="Name it in task_queues.", id="owed.E006")
        for each in lost
    ]


def _has_queue(task: str) -> bool:
    try:
        current_app.amqp.router.route({}, task)
    except QueueNotFound:
        return False
    return True


class Publisher:
    """Publishes hints in one pipeline over a connection of its own that never waits long."""

    def __init__(self, app: Celery) -> None:
        self.app = app
        self.connection: Any = None
        self.queues: dict[str, str] = {}

    def __call__(self, hints: list[Hint]) -> None:
        """Send each hint. Raises whatever the broker's client raises."""
        try:
            producer: Any = self.app.amqp.Producer(self._connected())
            with producer.batch():
                for hint in hints:
                    self._send(producer, hint)
                    crash.point("mid-publish")
        except BaseException:
            self._drop()
            raise

    def ask(self) -> None:
        """Ask for a queue over another connection. Raises, within about a second, what the broker's client raises."""
        with self._connection() as connection, suppress(*connection.channel_errors):
            # There may be no such queue yet: that is an answer, too.
            connection.channel().queue_declare(queue=self.app.conf.task_default_queue, passive=True)

    def _send(self, producer: Any, hint: Hint) -> None:
        """Publish one message of Celery's protocol 2, a sixth of the cost of send_task()."""
        uuid = str(uuid4())
        producer.publish(
            EMPTY,
            content_type="application/json",
            content_encoding="utf-8",
            routing_key=self._queue(hint.task),
            headers={**HEADERS, "task": hint.task, "id": uuid, "root_id": uuid, **_told(hint)},
            correlation_id=uuid,
            retry=False,
            **self._behind(hint),
        )

    def _behind(self, hint: Hint) -> dict[str, int]:
        # Redis keeps a list for each of its steps, and reads that of the greatest number last; other brokers mean the opposite.
        return {"priority": 9} if hint.low and self.connection.transport.driver_type == "redis" else {}

    def _queue(self, task: str) -> str:
        """Return the queue of the effect's routes; a message goes to it by the default exchange."""
        if task not in self.queues:
            own = getattr(self.app.tasks.get(task), "queue", None)
            options = {"queue": own} if own else {}
            self.queues[task] = self.app.amqp.router.route(options, task)["queue"].name
        return self.queues[task]

    def _connected(self) -> Any:
        if self.connection is None:
            self.connection = self._connection()
        return self.connection

    def _connection(self) -> Any:
        connection = self.app.connection_for_write(connect_timeout=1)
        haste = HASTE.get(connection.transport.driver_type, {})
        connection.transport_options = {**(connection.transport_options or {}), **haste}
        return connection

    def _drop(self) -> None:
        broken, self.connection = self.connection, None
        if broken is not None:
            with suppress(Exception):  # it is broken: closing it may fail as well, and hides the reason
                broken.release()


def publish_with(app: Celery) -> None:
    """Let this process's waker publish through this Celery application."""
    waker.publish = Publisher(app)


def _told(hint: Hint) -> dict[str, object]:
    first, last, number = hint.ids[0], hint.ids[-1], len(hint.ids)
    # Celery logs it, and sends it to Flower, several times for each message: five hundred ids would cost more than the work.
    named = f"{first} to {last} ({number})" if number > 2 else ", ".join(map(str, hint.ids))
    return {HEADER: list(hint.ids), "argsrepr": f"effects {named}"}


def _brief(ended: list[tuple[int, str]]) -> str:
    return "; ".join(f"e{pk} {why}" for pk, why in ended[:3])


def _when(report: Report) -> datetime | None:
    when: datetime | None = sql.value(WAKES, [[pk for pk, _ in report.waiting]])
    return when


def _timing(options: dict[str, Any]) -> dict[str, Any]:
    return {name: options[name] for name in ("countdown", "eta") if options.get(name) is not None}


def __getattr__(name: str) -> Any:
    """DurableTask is imported when it is asked for: it needs this module, and models."""
    if name == "DurableTask":
        from .durable import DurableTask

        return DurableTask
    raise AttributeError(name)


__all__ = ["EffectFailed", "EffectTask", "publish_with"]
