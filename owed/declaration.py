"""Declare an effect once: its name, its arguments, and how the ledger treats it."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any, Generic, Literal, ParamSpec, TypedDict, TypeVar, Unpack, get_args

from . import registry
from .binding import Task, fit, fit_many
from .conf import lease_margin
from .limits import Limit, parsed
from .outcomes import BadArguments

P = ParamSpec("P")
T = TypeVar("T")
Kind = Literal["atomic", "external"]
SLICE = 0.5
"""Seconds in which one hint takes effects, batch by batch: what begins last has its whole timeout, and half a second more."""
GRACE = 5
"""Seconds from the end of an effect's time to the limit at which Celery kills it."""
# A row is rewritten by each of its updates: ids stay small, and never hold an address or a secret.
SIZE_LIMIT = 2000
KEY_LIMIT = 100
MOST_URGENT = 100


class Treatment(TypedDict, total=False):
    """How the ledger treats an effect. Times in seconds."""

    queue: str
    """Where it waits; by default the first word of its name."""
    kind: Kind
    """atomic: the body's writes and the row's end are one transaction. external: no transaction is open; see current().key."""
    timeout: float
    """When the body is stopped; 60 by default."""
    batch: int
    """How many subjects one body takes; 1 by default."""
    debounce: float
    """How long it waits by default, so that one run serves several changes."""
    max_attempts: int
    """After how many tries it is a dead letter; 20 by default."""
    key: str
    """The argument that names the subject: of effects with the same, at most one is in flight."""
    rate: str
    """How many may begin within a period, over all processes: "14/s", "100/min", "1000/h", "5000/d"."""
    at_most: int
    """How many may run at once, over all processes."""
    by: str | Callable[..., object]
    """What rate and at_most count apart: an argument's name, or a function of the arguments, which may return a host."""
    priority: int
    """-100 to 100, 0 by default: of what waits in a queue, the greater goes first."""
    formerly: tuple[str, ...]
    """Names that it had: what is owed under them runs too."""


@dataclass(frozen=True, kw_only=True)
class Signature:
    """One call of an effect, with its arguments and the time from which it is due. Never changed: set() returns another."""

    effect: Declaration[Any]
    args: Mapping[str, Any]
    countdown: float = 0.0
    eta: datetime | None = None
    priority: int | None = None
    """None: that of the declaration."""

    def set(self, *, countdown: float = 0.0, eta: datetime | None = None, priority: int | None = None) -> Signature:
        """Return this call, due in `countdown` seconds or at the moment `eta`, by the database's clock.

        `priority` replaces that of the declaration. Raises ValueError outside of -100 to 100.
        """
        if priority is not None:
            check_priority(priority)
        return replace(self, countdown=countdown, eta=eta, priority=priority)


@dataclass(frozen=True, kw_only=True, eq=False)
class Declaration(Generic[P]):
    """One effect: what it takes, and how the ledger treats it. Times in seconds; see Treatment."""

    name: str
    takes: Callable[P, object]
    """A function of the effect's arguments, whose docstring says what the effect does."""
    queue: str = ""
    kind: Kind = "atomic"
    timeout: float = 60.0
    batch: int = 1
    debounce: float = 0.0
    max_attempts: int = 20
    key: str | None = None
    rate: str = ""
    at_most: int = 0
    by: str | Callable[..., object] = ""
    priority: int = 0
    formerly: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        # The class is frozen, as calls refer to it; this is the one moment at which a field may be filled in.
        object.__setattr__(self, "queue", self.queue or self.name.partition(".")[0])
        check_priority(self.priority)
        # A kind that is misspelt would run as external: done at least once, where exactly once was meant.
        if self.kind not in get_args(Kind):
            raise ValueError(f"{self.name}: kind={self.kind!r} is neither 'atomic' nor 'external'")
        if self.key and self.batch > 1:
            raise ValueError(f"{self.name}: a batch has many subjects and no key")
        # A batch that failed runs again one by one: outside a transaction its first half would be done twice.
        if self.batch > 1 and self.kind != "atomic":
            raise ValueError(f"{self.name}: a batch must be atomic")
        if self.batch > 1 and len(self.parameters) != 1:
            raise ValueError(f"{self.name}: a batch is declared with one keyword, which names one subject")
        if self.limits and self.batch > 1:
            raise ValueError(f"{self.name}: a batch is one run of many, and has no rate and no at_most")
        if isinstance(self.by, str) and self.by and self.by not in self.parameters:
            raise ValueError(f"{self.name}: by={self.by!r} is not one of its arguments")

    def si(self, *args: P.args, **kwargs: P.kwargs) -> Signature:
        """Return a call of this effect, for record() and owe(). Raises BadArguments for positional ones."""
        if args:
            raise BadArguments(f"{self.name}: effects take keywords only")
        return Signature(effect=self, args=kwargs)

    def runs(self, body: Callable[P, object]) -> Task[P, P]:
        """Bind the function that does the work. It takes what the declaration takes. Raises TypeError."""
        if self.batch > 1:
            raise TypeError(f"{self.name}: a batch is run by a body that takes a list; bind it with runs_many()")
        fit(self, body)
        registry.bind(self, body)
        return Task(self, body)

    def runs_many(self, body: Callable[[list[T]], object]) -> Task[P, [list[T]]]:
        """Bind the function that does the work of a batch: it takes a list of what the declaration takes one of.

        Raises TypeError.
        """
        if self.batch == 1:
            raise TypeError(f"{self.name}: it has no batch=; bind its body with runs()")
        fit_many(self, body)
        registry.bind(self, body)
        return Task(self, body)

    @cached_property
    def names(self) -> list[str]:
        """The name and those that it had."""
        return [self.name, *self.formerly]

    @cached_property
    def limits(self) -> tuple[Limit, ...]:
        return parsed(self.rate, self.at_most)

    @property
    def soft_limit(self) -> float:
        """When a hint's work is stopped; the hard limit follows after GRACE."""
        return self.timeout + SLICE

    @property
    def lease(self) -> float:
        """Longer than Celery's hard limit, so that no second attempt starts beside a live one."""
        return self.timeout + lease_margin()

    @cached_property
    def place(self) -> str:
        return registry.place(self.takes)

    @cached_property
    def signature(self) -> inspect.Signature:
        return inspect.signature(self.takes)

    @cached_property
    def parameters(self) -> list[str]:
        return list(self.signature.parameters)

    @cached_property
    def _known(self) -> frozenset[str]:
        return frozenset(self.signature.parameters)

    @cached_property
    def _needed(self) -> frozenset[str]:
        return frozenset(each.name for each in self.signature.parameters.values() if each.default is each.empty)

    def subject(self, args: Mapping[str, Any]) -> str | None:
        """Return what the effect must be alone with, where it has a key."""
        return None if self.key is None else str(args[self.key])[:KEY_LIMIT]

    def check(self, args: Mapping[str, Any]) -> None:
        """Raise BadArguments unless the effect takes these."""
        problem = self._mismatch(args) or _too_much(args)
        if problem:
            raise BadArguments(f"{self.name}: {problem}")

    def _mismatch(self, args: Mapping[str, Any]) -> str:
        # Without bind(), which is slow: every call passes here.
        if self._needed <= args.keys() <= self._known:
            return ""
        try:
            self.signature.bind(**args)
        except TypeError as error:
            return str(error)
        return ""


def effect(name: str = "", **how: Unpack[Treatment]) -> Callable[[Callable[P, object]], Declaration[P]]:
    """Declare an effect: the decorated function's arguments are its own, and its docstring says what it does.

    The function needs no body. The name begins with the queue; with queue= alone, the function's name follows it.
    """

    def declare(takes: Callable[P, object]) -> Declaration[P]:
        called = name or f"{how['queue']}.{getattr(takes, '__name__', '')}"
        declaration = Declaration(name=called, takes=takes, **how)
        registry.declare(declaration)
        return declaration

    return declare


def task(name: str = "", **how: Unpack[Treatment]) -> Callable[[Callable[P, object]], Task[P, P]]:
    """Declare an effect and bind the decorated function as its body: for what only its own module, or the clock, owes."""

    def declare(body: Callable[P, object]) -> Task[P, P]:
        return effect(name, **how)(body).runs(body)

    return declare


def check_priority(priority: int) -> None:
    """Raise ValueError outside of -100 to 100, the range of django.tasks."""
    if not -MOST_URGENT <= priority <= MOST_URGENT:
        raise ValueError(f"priority={priority}: from {-MOST_URGENT} to {MOST_URGENT}")


def _too_much(args: Mapping[str, Any]) -> str:
    for name, value in args.items():
        values = value if isinstance(value, list) else [value]
        if not all(isinstance(each, int | float | str | None) for each in values):
            return f"{name} holds more than ids and small scalars"
    return f"arguments over {SIZE_LIMIT} bytes" if len(json.dumps(args)) > SIZE_LIMIT else ""
