"""Sums of what is held, or would be, in words that a person understands: to decide by, such as after a restore."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

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


@dataclass(frozen=True, kw_only=True)
class Part:
    """Effects that reach the same place. `remark` says what a person should know before releasing them."""

    channel: str
    effects: EffectQuerySet
    remark: str = ""


Divide = Callable[[EffectQuerySet], list[Part]]


def by_queue(found: EffectQuerySet) -> list[Part]:
    """Return a part for each queue."""
    queues = sorted(set(found.order_by().values_list("queue", flat=True)))
    return [Part(channel=queue, effects=found.filter(queue=queue)) for queue in queues]


_divide: list[Divide] = [by_queue]


def divide_with(divide: Divide) -> None:
    """Let the project say by which channels its effects leave, such as mailings, notices and networks."""
    _divide.append(divide)


def parts(found: EffectQuerySet) -> list[Part]:
    """Return these effects by channel."""
    return _divide[-1](found)
