"""The verbs of `manage.py owed` that hold what is owed, show it in sums, and release it."""

from __future__ import annotations

from typing import Any

from django.core.management.base import OutputWrapper

from .. import holding
from ..acting import HOLD, RELEASE
from ..filters import Filter
from ..models import Effect, EffectQuerySet, State
from . import actions

TEXTS = {
    "hold": "keep what is owed from running until it is released, such as after a restore",
    "held": "what is held, in sums",
    "release": "owe again what is held",
}


def add_verbs(add: Any) -> None:
    """Add the subcommands."""
    for verb, text in TEXTS.items():
        parser = add(verb, help=text)
        parser.add_argument("tasks", nargs="*", help="names of effects; none: all")
        actions.add_filters(parser)
        actions.add_decision(parser)


def hold(out: OutputWrapper, err: OutputWrapper, **options: Any) -> None:
    """Hold what the names and filters mean, and say what is held now."""
    for each in _filters(**options):
        HOLD.act(each, actions.decided(**options))
    _say(out, _shown(**options))
    if running := Effect.objects.filter(state=State.RUNNING).count():
        err.write(f"{running} are with a worker at this moment. Stop the workers, and hold again.")


def held(out: OutputWrapper, **options: Any) -> None:
    """Say what is held."""
    _say(out, _shown(**options))


def release(out: OutputWrapper, **options: Any) -> None:
    """Owe again what is held of these."""
    number = sum(RELEASE.act(each, actions.decided(**options)) for each in _filters(**options))
    out.write(f"{number} owed again.")


def _filters(*, tasks: list[str], **options: Any) -> list[Filter]:
    """Return a filter for each name; what is held at the start of the call is what it is about."""
    wanted = [actions.asked({**options, "task": each}) for each in tasks] or [actions.asked(options)]
    return [each.now() if not each.as_of else each for each in wanted]


def _shown(**options: Any) -> EffectQuerySet:
    found: EffectQuerySet = Effect.objects.none()
    for each in _filters(**options):
        found = found | RELEASE.of(each)
    return found


def _say(out: OutputWrapper, found: EffectQuerySet) -> None:
    out.writelines(f"{line}\n" for line in holding.sums(found))
    numbers = holding.by_task(found)
    out.writelines(f"{number:>8} {task}\n" for task, number in sorted(numbers.items()))
    out.write(f"{numbers.total():>8} held")
