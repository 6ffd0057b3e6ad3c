"""What signals and handlers are called in log lines and lists."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import Any

from django.dispatch import Signal
from django.utils.module_loading import import_string


class UnknownSignal(LookupError):
    """No signal has this name."""


def known_signals() -> Iterator[tuple[str, Signal]]:
    """Yield each signal that a module called `signals` holds, with its dotted name."""
    for module_name, module in sorted(sys.modules.items()):
        if module_name.endswith(".signals"):
            for name, value in list(vars(module).items()):
                if isinstance(value, Signal):
                    yield f"{module_name}.{name}", value


def signal_name(signal: Signal) -> str:
    return next((name for name, known in known_signals() if known is signal), f"{type(signal).__name__}@{id(signal):x}")


def find_signal(signal: Signal | str) -> Signal:
    """Return the signal itself, or the one at this dotted name. Raises UnknownSignal."""
    if isinstance(signal, str):
        try:
            signal = import_string(signal)
        except ImportError as error:
            raise UnknownSignal(signal) from error
    if not isinstance(signal, Signal):
        raise UnknownSignal(repr(signal))
    return signal


def handler_name(handler: Callable[..., Any]) -> str:
    """Return a name for any callable: a partial is called as what it wraps, an object as its class."""
    inner = getattr(handler, "func", handler)
    named = inner if hasattr(inner, "__qualname__") else type(inner)
    return f"{named.__module__}.{named.__qualname__}"
