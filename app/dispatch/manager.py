"""SignalManager: handlers that cannot hurt the sender, on top of Django's own signals."""

from __future__ import annotations

import inspect
import logging
from collections import Counter
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from threading import RLock
from typing import Any, cast
from uuid import uuid4

from django.db import transaction
from django.dispatch import Signal
from django.utils.inspect import func_accepts_kwargs

from app.dispatch import durable as durability
from app.dispatch.durable import Durable
from app.dispatch.names import UnknownSignal, find_signal, handler_name, signal_name
from app.dispatch.serializing import signal_path

__all__ = ["SignalManager", "UnknownSignal", "WrongSignature", "signal_manager"]

Handler = Callable[..., Any]
Outcome = tuple[Handler, Any]
UNSENDABLE = frozenset({"signal", "self"})  # names that Signal.send() keeps for itself

logger = logging.getLogger("afterword.dispatch")


class WrongSignature(TypeError):
    """A handler must be callable and accept keyword arguments (**kwargs)."""


class SignalManager:
    """Handlers by signal, each with its own savepoint and its own error handler.

    A handler registered once runs once, whether the signal is sent by Django's `send()` or by `dispatch_signal()`.
    What it raises is logged, counted in `failures`, given to its error handler and returned, never raised.
    """

    def __init__(self) -> None:
        self.signal_handlers: dict[Signal, dict[Hashable, Handler]] = {}  # replaced, never changed, while others read
        self.error_handlers: dict[tuple[Signal, Hashable], Handler] = {}
        self.durable_handlers: dict[tuple[Signal, Hashable], Durable] = {}
        self.failures: Counter[tuple[str, str]] = Counter()
        self._control_flow: tuple[type[BaseException], ...] = ()
        self._lock = RLock()

    def register_handler(
        self,
        signal: Signal | str,
        handler: Handler,
        error_handler: Handler | None = None,
        durable: bool = False,
        *,
        uid: Hashable = None,
        **how: Any,
    ) -> None:
        """Run `handler(sender=, signal=, **payload)` when the signal is sent; once, however often registered.

        `error_handler(error, **payload)` gets what it raised. A durable handler is owed in the sender's transaction and
        run by a worker until it succeeds or is a dead letter; `how` says kind, timeout and max_attempts of its effect.
        Raises WrongSignature, UnknownSignal, and for a durable one NameNeeded, NameTaken.
        """
        signal = find_signal(signal)
        _demand_kwargs(handler)
        key = _key(handler, uid)
        with self._lock:
            self._set_durable(signal, key, _durable(signal, handler, uid, how) if durable else None)
            self.signal_handlers[signal] = self.signal_handlers.get(signal, {}) | {key: handler}
            self._set_error_handler(signal, key, error_handler)
            signal.connect(self._relay, weak=False, dispatch_uid=self._uid)

    def unregister_handler(self, signal: Signal | str, handler: Handler | None = None, *, uid: Hashable = None) -> bool:
        """Forget the handler and its error handler; return whether there was one."""
        signal, key = find_signal(signal), _key(handler, uid)
        with self._lock:
            before = self.signal_handlers.get(signal, {})
            after = {held: kept for held, kept in before.items() if held != key}
            self.error_handlers.pop((signal, key), None)
            self._set_durable(signal, key, None)
            if after:
                self.signal_handlers[signal] = after
            elif before:
                del self.signal_handlers[signal]
                signal.disconnect(dispatch_uid=self._uid)
        return len(after) < len(before)

    def dispatch_signal(self, signal: Signal | str, /, **payload: Any) -> list[Outcome]:
        """Send the signal to all its receivers; return (handler, result or error) of each.

        The sender is `sender=` or the class of the first value. Plain receivers behave as in `send()`: what they
        raise is raised. Receivers do not get a payload with a name that Django reserves; handlers do.
        """
        signal = find_signal(signal)
        sender = payload.pop("sender", None) or next(map(type, payload.values()), None)
        if payload.keys() & UNSENDABLE:
            return self._run_all(signal, sender, payload)
        outcomes: list[Outcome] = []
        for receiver, answer in signal.send(sender, **payload):
            outcomes += cast("list[Outcome]", answer) if receiver == self._relay else [(receiver, answer)]
        return outcomes

    def let_pass(self, *errors: type[BaseException]) -> None:
        """Raise these to the sender as they are: retries and time limits steer a worker and are not failures."""
        self._control_flow = (*self._control_flow, *errors)

    def report(self, name: str, error: Exception, payload: dict[str, Any], event: str) -> None:
        """Count what a durable handler raised in a worker, and call its error handler."""
        arguments = {name: value for name, value in payload.items() if name not in {"signal", "sender"}}
        for (signal, key), durable in list(self.durable_handlers.items()):
            if durable.name == name and signal is payload["signal"]:
                self._failed(signal, durable.handler, error, event)
                self._tell(self.error_handlers.get((signal, key)), error, arguments, event)

    def handlers(self) -> list[tuple[str, str, str, str]]:
        """Return (signal, handler, error handler, effect) by name, sorted: the same list in every process."""
        return sorted(
            (signal_name(signal), handler_name(handler), self._error_name(signal, key), self._effect_name(signal, key))
            for signal, held in list(self.signal_handlers.items())
            for key, handler in held.items()
        )

    @property
    def _uid(self) -> Hashable:
        return ("app.dispatch", id(self))

    def _set_error_handler(self, signal: Signal, key: Hashable, error_handler: Handler | None) -> None:
        if error_handler is None:
            self.error_handlers.pop((signal, key), None)
        else:
            self.error_handlers[signal, key] = error_handler

    def _set_durable(self, signal: Signal, key: Hashable, durable: Durable | None) -> None:
        use = (id(self), signal, key)
        if before := self.durable_handlers.pop((signal, key), None):
            durability.registered.remove(before, use)
        if durable is not None:
            durability.registered.add(durable, use)
            self.durable_handlers[signal, key] = durable

    def _effect_name(self, signal: Signal, key: Hashable) -> str:
        durable = self.durable_handlers.get((signal, key))
        return durable.name if durable else ""

    def _error_name(self, signal: Signal, key: Hashable) -> str:
        error_handler = self.error_handlers.get((signal, key))
        return handler_name(error_handler) if error_handler else ""

    def _relay(self, /, signal: Signal, sender: Any, **payload: Any) -> list[Outcome]:
        return self._run_all(signal, sender, payload)

    def _run_all(self, signal: Signal, sender: Any, payload: dict[str, Any]) -> list[Outcome]:
        event = uuid4().hex
        arguments = {"signal": signal, "sender": sender, **payload}
        outcomes = []
        for key, handler in self.signal_handlers.get(signal, {}).items():
            durable = self.durable_handlers.get((signal, key))
            answer = durable.owe(arguments) if durable else self._attempt(handler, arguments)
            if isinstance(answer, Failed):
                answer = answer.error
                self._failed(signal, handler, answer, event)
                self._tell(self.error_handlers.get((signal, key)), answer, payload, event)
            outcomes.append((handler, answer))
        return outcomes

    def _attempt(self, handler: Handler, arguments: dict[str, Any]) -> Any:
        try:
            return _in_savepoint(handler, arguments)
        except self._control_flow:
            raise
        except Exception as error:
            if owed_anyway := getattr(handler, "invalidate_cache", None):
                owed_anyway(arguments)
            return Failed(error)

    def _failed(self, signal: Signal, handler: Handler, error: Exception, event: str) -> None:
        names = signal_name(signal), handler_name(handler)
        self.failures[names] += 1
        facts = {"signal": names[0], "handler": names[1], "event_id": event}
        logger.error("dispatch.failed", exc_info=error, extra=facts)

    def _tell(self, error_handler: Handler | None, error: Exception, payload: dict[str, Any], event: str) -> None:
        if error_handler is None:
            return
        arguments = _without_first_name(error_handler, payload)
        failure = self._attempt(lambda **said: error_handler(error, **said), arguments)
        if isinstance(failure, Failed):
            facts = {"handler": handler_name(error_handler), "event_id": event}
            logger.error("dispatch.error_handler_failed", exc_info=failure.error, extra=facts)


@dataclass(frozen=True)
class Failed:
    error: Exception


signal_manager = SignalManager()


def _durable(signal: Signal, handler: Handler, uid: Hashable, how: dict[str, Any]) -> Durable:
    signal_path(signal)
    return Durable(name=durability.effect_name(handler, uid), handler=handler, how=how)


def _key(handler: Handler | None, uid: Hashable) -> Hashable:
    if uid is not None:
        return uid
    try:
        hash(handler)
    except TypeError:
        return id(handler)
    return handler


def _demand_kwargs(handler: Handler) -> None:
    if not callable(handler):
        raise WrongSignature(f"{handler!r} is not callable")
    try:
        accepts = func_accepts_kwargs(handler)
    except (TypeError, ValueError):  # a callable written in C has no signature to read
        return
    if not accepts:
        raise WrongSignature(f"{handler_name(handler)} must accept **kwargs")


def _in_savepoint(handler: Handler, arguments: dict[str, Any]) -> Any:
    """Call the handler so that its failure in the database stays its own."""
    if not transaction.get_connection().in_atomic_block:
        return handler(**arguments)
    with transaction.atomic():
        return handler(**arguments)


def _without_first_name(error_handler: Handler, payload: dict[str, Any]) -> dict[str, Any]:
    """Leave out what carries the name under which the handler takes the error."""
    try:
        first = next(iter(inspect.signature(error_handler).parameters.values()), None)
    except (TypeError, ValueError):
        return payload
    taken = first.name if first and first.kind is first.POSITIONAL_OR_KEYWORD else None
    return {name: value for name, value in payload.items() if name != taken}
