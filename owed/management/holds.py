"""The verbs of `manage.py owed` that hold what is owed, show it in sums, and release or drop it."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError, OutputWrapper

from .. import holding
from ..acting import DISCARD, HOLD, RELEASE, ReasonNeeded, Verb
from ..filters import Filter
from ..models import Effect, EffectQuerySet, State
from . import actions

TEXTS = {
    "hold": "keep what is owed from running until it is released, such as after a restore",
    "held": "what is held, in sums",
    "release": "owe again what is held",
    "drop": "end what is held for good",
}
CHOOSING = ("release", "drop")


def add_verbs(add: Any) -> None:
    """Add the subcommands."""
    for verb, text in TEXTS.items():
        parser = add(verb, help=text)
        parser.add_argument("tasks", nargs="*", help="names of effects; none: all")
        actions.add_filters(parser)
        actions.add_decision(parser)
        if verb in CHOOSING:
            parser.add_argument("--channel", default="", help="only what leaves by this channel, as --dry-run names it")
            parser.add_argument("--dry-run", action="store_true", help="say by channel what it would be, and change nothing")


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
    _act(RELEASE, out, "owed again", **options)


def drop(out: OutputWrapper, **options: Any) -> None:
    """Discard what is held of these. Raises CommandError without a reason."""
    _act(DISCARD, out, "discarded", **options)


def _act(verb: Verb, out: OutputWrapper, done: str, *, channel: str, dry_run: bool, **options: Any) -> None:
    parts = _parts(channel, **options)
    if dry_run:
        _foresee(out, parts, done)
        return
    # Read before anything changes: the parts are those of what is held now.
    ids = [pk for part in parts for pk in part.effects.order_by().values_list("pk", flat=True)]
    try:
        number = verb.act_on(ids, actions.decided(**options))
    except ReasonNeeded:
        raise CommandError("Say why: --reason TEXT. It is kept with the effects.") from None
    out.write(f"{number} {done}.")


def _parts(channel: str, **options: Any) -> list[holding.Part]:
    """Return what is meant, by channel. Raises CommandError for a channel of which nothing is held."""
    parts = holding.parts(_shown(**options))
    chosen = [each for each in parts if not channel or each.channel == channel]
    if channel and not chosen:
        names = ", ".join(dict.fromkeys(each.channel for each in parts)) or "nothing"
        raise CommandError(f"Nothing of {channel!r} is held. What is held, by channel: {names}.")
    return chosen


def _foresee(out: OutputWrapper, parts: list[holding.Part], done: str) -> None:
    number = 0
    for part in parts:
        out.write(f"{part.channel}: {part.remark}" if part.remark else f"{part.channel}:")
        out.writelines(f"    {line}\n" for line in holding.sums(part.effects))
        number += part.effects.count()
    out.write(f"{number} would be {done}. Nothing was changed.")


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
