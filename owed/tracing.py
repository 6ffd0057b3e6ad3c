"""Where an attempt and what it owes are followed by a tracer; nothing, unless owed.contrib.otel is connected."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .claiming import Claimed

SIZE = 55
"""Characters of a W3C traceparent."""


@dataclass
class Tracer:
    """What follows: a name for the context in which an effect is owed, and a span around what runs."""

    context: Callable[[], str] = str
    span: Callable[[Sequence[Claimed]], AbstractContextManager[object]] = nullcontext


tracer = Tracer()
