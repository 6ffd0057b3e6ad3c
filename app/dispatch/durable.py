"""Durable handlers: the ledger, wherever it is connected from, runs them by name in a worker."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Protocol

from app.dispatch.names import handler_name
from app.dispatch.serializing import SubjectGone, pack, subject, unpack

PREFIX = "handlers."
LONGEST_NAME = 100

Handler = Callable[..., Any]


class NameNeeded(TypeError):
    """A durable handler is found by name in another process: define it in a module, or give it a uid (a string)."""


class NameTaken(ValueError):
    """Two durable handlers have one name: give each a uid (a string)."""


class NoLedger(RuntimeError):
    """No ledger is connected: nothing would ever run a durable handler."""


class Ledger(Protocol):
    """What durable handlers need of a ledger."""

    def adopt(self, name: str, body: Handler, **how: Any) -> None:
        """Run `body(**args)` for what is owed under this name."""

    def drop(self, name: str) -> None:
        """Forget the name."""

    def owe(self, name: str, args: Mapping[str, Any], about: str) -> Any:
        """Write the call down in the transaction of the change."""


@dataclass(frozen=True, kw_only=True)
class Durable:
    """A handler that a worker runs, and how: `kind`, `timeout`, `max_attempts` of its effect."""

    name: str
    handler: Handler
    how: Mapping[str, Any] = field(default_factory=dict)

    def owe(self, arguments: Mapping[str, Any]) -> Any:
        """Owe the handler this event. Raises CannotTravel, NoLedger; what it raises is the sender's."""
        about = subject({name: value for name, value in arguments.items() if name not in {"signal", "sender"}})
        return registered.connected.owe(self.name, pack(arguments), about)

    def __call__(self, **args: Any) -> None:
        """Call the handler with the objects of the event; not at all if one is gone. An error is the ledger's to settle."""
        failed.set(None)
        try:
            payload = unpack(args)
        except SubjectGone:
            return
        try:
            self.handler(**payload)
        except Exception as error:
            failed.set((error, payload))
            raise


class Registered:
    """The durable handlers of this process, by name."""

    def __init__(self) -> None:
        self.ledger: Ledger | None = None
        self.by_name: dict[str, Durable] = {}
        self._uses: dict[str, set[Hashable]] = {}

    @property
    def connected(self) -> Ledger:
        if self.ledger is None:
            raise NoLedger(NoLedger.__doc__)
        return self.ledger

    def connect(self, ledger: Ledger) -> None:
        """Let this ledger run what is registered, and what will be."""
        self.ledger = ledger
        for durable in self.by_name.values():
            ledger.adopt(durable.name, durable, **durable.how)

    def add(self, durable: Durable, use: Hashable) -> None:
        """Keep the handler for one of its uses. Raises NameTaken."""
        if self.by_name.get(durable.name, durable) != durable:
            raise NameTaken(f"{durable.name}: {NameTaken.__doc__}")
        self.by_name[durable.name] = durable
        self._uses.setdefault(durable.name, set()).add(use)
        if self.ledger is not None:
            self.ledger.adopt(durable.name, durable, **durable.how)

    def remove(self, durable: Durable, use: Hashable) -> None:
        """Forget the handler with its last use."""
        uses = self._uses[durable.name]
        uses.discard(use)
        if not uses:
            del self.by_name[durable.name], self._uses[durable.name]
            if self.ledger is not None:
                self.ledger.drop(durable.name)


failed: ContextVar[tuple[Exception, dict[str, Any]] | None] = ContextVar("dispatch_failed", default=None)
"""What the last durable handler on this thread raised, with the payload that its error handler gets."""

registered = Registered()


def effect_name(handler: Handler, uid: Hashable) -> str:
    """Return the name of the handler in the ledger and in Flower. Raises NameNeeded."""
    name = PREFIX + (uid if isinstance(uid, str) else handler_name(handler))
    if "<" in name or len(name) > LONGEST_NAME:
        raise NameNeeded(f"{name}: {NameNeeded.__doc__}")
    return name
