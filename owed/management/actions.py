"""The verbs of `manage.py owed` that act on effects: named ones, or all that its filters show."""

from __future__ import annotations

from argparse import ArgumentParser
from getpass import getuser
from typing import Any

from django.core.management.base import CommandError, OutputWrapper

from .. import holding, pausing
from ..acting import Decision, ReasonNeeded, Verb
from ..filters import HELP, BadFilter, Filter

TEXTS = {
    "retry": "owe dead effects again",
    "run-now": "run what waits for its time, or for another try, now",
    "discard": "end dead and held effects, and those between attempts, for good",
    "cancel": "end effects that have not begun",
}
OUTCOMES = {"retry": "owed again", "run-now": "due now", "discard": "discarded", "cancel": "cancelled"}
NOT_MET = {
    "retry": "were not dead",
    "run-now": "do not wait",
    "discard": "cannot be discarded",
    "cancel": "have begun, or are over",
}


def add_filters(parser: ArgumentParser) -> None:
    for name, text in HELP.items():
        if name != "id":  # named without an option
            parser.add_argument(f"--{name.replace('_', '-')}", default="", help=text)


def add_decision(parser: ArgumentParser) -> None:
    parser.add_argument("--reason", default="", help="why; kept with the effects")
    parser.add_argument("--by", default="", help="who decides; by default the user of this system")


def add_verbs(add: Any) -> None:
    """Add a subcommand for each verb."""
    for name, text in TEXTS.items():
        parser = add(name, aliases=["replay"] if name == "retry" else [], help=text)
        parser.add_argument("ids", type=int, nargs="*")
        parser.add_argument("--all", action="store_true", help="without a filter: every effect that the verb takes")
        parser.add_argument("--count", action="store_true", help="say how many there are, and change nothing")
        add_filters(parser)
        add_decision(parser)


def add_pauses(add: Any) -> None:
    """Add the subcommands that pause and resume."""
    for verb, text in (("pause", "let nothing of a queue or a task begin"), ("resume", "let it begin again")):
        parser = add(verb, help=text)
        parser.add_argument("--queue", default="")
        parser.add_argument("--task", default="")
        add_decision(parser)
    add("paused", help="what is paused, by whom, since when and why")


def asked(options: dict[str, Any]) -> Filter:
    """Return the filter that the options name. Raises CommandError."""
    try:
        return Filter.asked(options)
    except BadFilter as bad:
        raise CommandError(str(bad)) from None


def decided(*, by: str, reason: str, **_: Any) -> Decision:
    return Decision(by=by or getuser(), reason=reason)


def act(verb: Verb, out: OutputWrapper, *, ids: list[int], all: bool, count: bool, **options: Any) -> None:
    """Do it, or count. Raises CommandError where nothing is named, a reason is missing, or some could not be changed."""
    wanted = asked(options)
    if not ids and not all and wanted.is_empty:
        raise CommandError(f"Name the effects to {verb.name}, or a filter, or say --all.")
    if count:
        out.writelines(f"{line}\n" for line in holding.sums(verb.of(wanted)))
        out.write(f"{verb.count(wanted)} would be {OUTCOMES[verb.name]}.")
        return
    try:
        changed = verb.act_on(ids, decided(**options)) if ids else verb.act(wanted, decided(**options))
    except ReasonNeeded:
        raise CommandError("Say why: --reason TEXT. It is kept with the effects.") from None
    out.write(f"{changed} {OUTCOMES[verb.name]}.")
    if changed < len(ids):
        raise CommandError(f"{len(ids) - changed} of them {NOT_MET[verb.name]}; nothing was changed there.")


def pause(out: OutputWrapper, *, queue: str, task: str, **options: Any) -> None:
    """Pause a queue or a task. Raises CommandError."""
    try:
        new = pausing.pause(queue=queue, task=task, decision=decided(**options))
    except pausing.OneOfTwo:
        raise CommandError("Name a queue or a task: --queue NAME or --task NAME.") from None
    except ReasonNeeded:
        raise CommandError("Say why: --reason TEXT. It is shown while it is paused.") from None
    out.write("Paused." if new else "It was paused before.")


def resume(out: OutputWrapper, *, queue: str, task: str, **options: Any) -> None:
    """Resume a queue or a task. Raises CommandError."""
    try:
        was = pausing.resume(queue=queue, task=task, decision=decided(**options))
    except pausing.OneOfTwo:
        raise CommandError("Name a queue or a task: --queue NAME or --task NAME.") from None
    if not was:
        raise CommandError("It is not paused.")
    out.write("Resumed.")
