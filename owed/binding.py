"""Bind a body to a declaration, and use it like a Celery task."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import update_wrapper
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, get_type_hints

from django.db import transaction

from . import crash, registry
from .outcomes import BadArguments
from .periods import first_in_period
from .recording import Owed, owe

if TYPE_CHECKING:
    from .declaration import Declaration, Signature

P = ParamSpec("P")
B = ParamSpec("B")


class Task(Generic[P, B]):
    """An effect whose body is bound here: si() as for the declaration, delay() as in Celery, a call runs the body."""

    def __init__(self, effect: Declaration[P], body: Callable[B, object]) -> None:
        self.effect = effect
        self.body = body
        update_wrapper(self, body)

    @property
    def name(self) -> str:
        return self.effect.name

    def __call__(self, *args: B.args, **kwargs: B.kwargs) -> object:
        """Run the body here and now; nothing is owed."""
        return self.body(*args, **kwargs)

    def si(self, *args: P.args, **kwargs: P.kwargs) -> Signature:
        """Return a call of the effect, for record() and owe()."""
        return self.effect.si(*args, **kwargs)

    def delay(self, *args: P.args, **kwargs: P.kwargs) -> Owed:
        """Owe the effect, in the transaction that is open or in one of its own."""
        return in_transaction(self.effect.si(*args, **kwargs))

    def apply_async(
        self,
        args: Sequence[Any] | None = None,
        kwargs: Mapping[str, Any] | None = None,
        *,
        countdown: float = 0.0,
        eta: datetime | None = None,
        period: float | None = None,
    ) -> Owed:
        """Owe the effect, due in `countdown` seconds or at `eta`; with `period`, once in so many seconds.

        Raises BadArguments for positional arguments.
        """
        if args:
            raise BadArguments(f"{self.name}: effects take keywords only")
        call: Callable[..., Signature] = self.effect.si
        return in_transaction(call(**(kwargs or {})).set(countdown=countdown, eta=eta), period=period)


def in_transaction(signature: Signature, *, period: float | None = None) -> Owed:
    """Owe one effect, in the transaction that is open or in one of its own; with `period`, once in so many seconds."""
    with transaction.atomic():
        # Taken in the same transaction as the row: a crash in between gives the period back.
        if not first_in_period(signature.effect, period):
            return Owed()
        owed = owe(signature)
        crash.point("before-commit")
    return owed


def fit(effect: Declaration[Any], body: Callable[..., object]) -> None:
    """Raise TypeError unless the body takes what the declaration says: the same keywords, the same of them needed."""
    declared, taken = _keywords(effect.takes), _keywords(body)
    if declared != taken:
        raise TypeError(f"{effect.name} takes {_said(declared)}, and its body {registry.place(body)} takes {_said(taken)}")


def fit_many(effect: Declaration[Any], body: Callable[..., object]) -> None:
    """Raise TypeError unless the body takes one list of what the declaration takes one of."""
    taken = [each for each in inspect.signature(body).parameters.values() if each.default is each.empty]
    if len(taken) != 1 or taken[0].kind in (taken[0].KEYWORD_ONLY, taken[0].VAR_KEYWORD):
        raise TypeError(f"{effect.name}: the body {registry.place(body)} of a batch takes one list, by position")
    one, many = _hint(effect.takes, effect.parameters[0]), _hint(body, taken[0].name)
    if one is not None and many is not None and many not in (list[one], Sequence[one]):  # type: ignore[valid-type]
        raise TypeError(f"{effect.name} takes {effect.parameters[0]}: {one}; {registry.place(body)} takes no list of these")


def _keywords(function: Callable[..., object]) -> dict[str, bool]:
    """Return the names that a function takes, and whether each is needed."""
    return {each.name: each.default is each.empty for each in inspect.signature(function).parameters.values()}


def _hint(function: Callable[..., object], name: str) -> Any:
    return get_type_hints(function).get(name)


def _said(keywords: dict[str, bool]) -> str:
    return f"({', '.join(name if needed else f'{name}=...' for name, needed in keywords.items())})"
