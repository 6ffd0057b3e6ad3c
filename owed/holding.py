"""Sums of what is held, or would be, in words that a person understands: to decide by, such as after a restore."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from .models import EffectQuerySet

Describe = Callable[[EffectQuerySet], list[str]]


def by_task(found: EffectQuerySet) -> Counter[str]:
    """Return how many there are of each effect."""
    return Counter(found.order_by().values_list("task", flat=True).iterator(5000))


def plainly(found: EffectQuerySet) -> list[str]:
    """Return one line for each effect, such as "12 mail.send_receipt"."""
    return [f"{number} {task}" for task, number in sorted(by_task(found).items())]


_describe: list[Describe] = [plainly]


def describe_with(describe: Describe) -> None:
    """Let the project say what effects amount to, such as "616 mails of post 17"."""
    _describe.append(describe)


def sums(found: EffectQuerySet) -> list[str]:
    """Return what these effects amount to, a line for each sum."""
    return _describe[-1](found)
