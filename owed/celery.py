"""The one file that knows Celery: effects as tasks, hints as messages, outcomes as Celery states."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID, uuid4

from celery import Celery, Task, current_app, shared_task
from celery.exceptions import Retry
from django.db import connection, transaction

from owed import crash, registry
from owed.periods import first_in_period
from owed.recording import Owed, record
from owed.registry import GRACE, Kind, Spec
from owed.running import Report, run
from owed.waker import Hint, waker

HEADER = "effects"
SOCKET = {"max_retries": 0, "socket_connect_timeout": 0.3, "socket_timeout": 1.0, "retry_on_timeout": False}

# A message without arguments, in Celery's protocol 2 (docs, "Message Protocol", version 2).
EMPTY = b'[[], {}, {"callbacks": null, "errbacks": null, "chain": null, "chord": null}]'
HEADERS = {
    "lang": "py", "parent_id": None, "group": None, "shadow": None, "eta": None, "expires": None, "retries": 0,
    "timelimit": [None, None], "kwargsrepr": "", "origin": "effects", "ignore_result": False,
}  # fmt: skip

Body = TypeVar("Body", bound=Callable[..., object])


class EffectFailed(Exception):
    """An effect is dead. The message is scrubbed; the ledger's row holds the account."""


class EffectTask(Task):  # type: ignore[type-arg]
    """A task whose message is a hint: the ids that it may run travel in a header."""

    abstract = True
    typing = False
    throws = (EffectFailed,)

    def __call__(self, *args: Any, **kwargs: Any) -> object:
        """Answer a hint; without one, run the body, as a plain call would."""
        ids = self.request.get(HEADER)
        if ids is None:
            return self.run(*args, **kwargs)
        return self._answer(run(registry.get(self.name), [int(pk) for pk in ids], UUID(self.request.id)))

    def _answer(self, report: Report) -> object:
        if report.dead:
            raise EffectFailed(_brief(report.dead)) from None
        if report.waiting:
            raise Retry(exc=EffectFailed(_brief(report.waiting)), when=_when(report)) from None
        self.request.ignore_result = not report.claimed
        return None

    def apply_async(self, args: Any = None, kwargs: Any = None, **options: Any) -> Any:  # type: ignore[override]
        """Record the effect, so that a plain delay() is durable too. Eager mode runs the body at once."""
        if current_app.conf.task_always_eager:
            return super().apply_async(args, kwargs, **options)
        with transaction.atomic():
            if not first_in_period(self.name, options.get("period")):
                return Owed()
            owed = record(self.signature(args or (), kwargs or {}, **_timing(options)))
            transaction.on_commit(owed.enqueue, robust=True)
            crash.point("before-commit")
        return owed


def effect(
    name: str,
    *,
    kind: Kind = "atomic",
    timeout: float = 60,
    batch: int = 1,
    debounce: float = 0,
    max_attempts: int = 20,
    key: str | None = None,
) -> Callable[[Body], Any]:
    """Make a function an effect. Its name begins with its queue; times in seconds; see Spec."""

    def decorate(body: Body) -> Any:
        how = {"kind": kind, "timeout": timeout, "batch": batch, "debounce": debounce, "max_attempts": max_attempts}
        spec = Spec(name=name, function=body, key=key, **how)  # type: ignore[arg-type]
        registry.register(spec)
        limits: dict[str, Any] = {"soft_time_limit": timeout, "time_limit": timeout + GRACE}
        return shared_task(name=name, base=EffectTask, **limits)(body)  # type: ignore[no-untyped-call]

    return decorate


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
        )

    def _queue(self, task: str) -> str:
        """Return the queue that the application's routes name; a message goes to it by the default exchange."""
        if task not in self.queues:
            self.queues[task] = self.app.amqp.router.route({}, task)["queue"].name
        return self.queues[task]

    def _connected(self) -> Any:
        if self.connection is None:
            options = {**self.app.conf.broker_transport_options, **SOCKET}
            self.connection = self.app.connection_for_write(transport_options=options, connect_timeout=1)
        return self.connection

    def _drop(self) -> None:
        broken, self.connection = self.connection, None
        if broken is not None:
            with suppress(Exception):  # it is broken: closing it may fail as well, and hides the reason
                broken.release()


def publish_with(app: Celery) -> None:
    """Let this process's waker publish through this Celery application."""
    waker.publish = Publisher(app)


def _told(hint: Hint) -> dict[str, object]:
    return {HEADER: list(hint.ids), "argsrepr": f"effects {', '.join(map(str, hint.ids))}"}


def _brief(ended: list[tuple[int, str]]) -> str:
    return "; ".join(f"e{pk} {why}" for pk, why in ended[:3])


def _when(report: Report) -> datetime | None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT min(wake_at) FROM effects_effect WHERE id = ANY(%s)", [[pk for pk, _ in report.waiting]])
        when: datetime | None = cursor.fetchone()[0]
    return when


def _timing(options: dict[str, Any]) -> dict[str, Any]:
    return {name: options[name] for name in ("countdown", "eta") if options.get(name) is not None}


__all__ = ["EffectFailed", "EffectTask", "effect", "publish_with"]
