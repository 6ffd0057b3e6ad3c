"""`manage.py owed`: look into the ledger, and act on it."""

from __future__ import annotations

import json
import time
from argparse import ArgumentParser
from collections import Counter
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.forms.models import model_to_dict

from ... import conf, dead_letters, draining, holding, purging, registry, schedules, sweeping
from ...models import Attempt, Effect, EffectQuerySet, State

IDLE_PAUSE = 0.5
VERBS = {"replay": "retry"}
"""Verbs by names that they had."""

HOLDING = {
    "hold": "keep what is owed from running, such as after a restore",
    "held": "how much is held, by name",
    "release": "owe again what is held",
}


class Command(BaseCommand):
    help = "List, show, retry, hold, release, sweep, work off or purge what is owed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        listing = verbs.add_parser("list", help="effects, newest first")
        listing.add_argument("--state", choices=State.values)
        listing.add_argument("--task")
        listing.add_argument("--about", help='such as "post:12"')
        listing.add_argument("--limit", type=int, default=50)
        listing.add_argument("--json", action="store_true")
        verbs.add_parser("show", help="one effect, whole").add_argument("id", type=int)
        replay = verbs.add_parser("retry", aliases=["replay"], help="owe dead effects again")
        replay.add_argument("ids", type=int, nargs="*")
        replay.add_argument("--all", action="store_true", help="every dead effect")
        for verb, text in HOLDING.items():
            verbs.add_parser(verb, help=text).add_argument("tasks", nargs="*", help="names of effects; none: all")
        verbs.add_parser("sweep", help="ring what is due, once")
        work = verbs.add_parser("work", help="run effects here, with no broker and no worker")
        work.add_argument("--until-empty", action="store_true", help="stop when nothing is ready or due")
        purge = verbs.add_parser("purge", help="remove done effects that are old")
        purge.add_argument("--hours", type=float)

    def handle(self, *, verb: str, **options: Any) -> None:
        getattr(self, f"_{VERBS.get(verb, verb)}")(**options)

    def _list(self, *, state: str | None, task: str | None, about: str | None, limit: int, json: bool, **_: Any) -> None:
        wanted = {"state": state, "about": about}
        effects = _of(task).filter(**{name: value for name, value in wanted.items() if value}).order_by("-pk")[:limit]
        if json:
            self.stdout.write(_json([_facts(effect) for effect in effects]))
            return
        for effect in effects:
            tries = f"{effect.attempt}/{effect.max_attempts}"
            line = f"e{effect.pk:<8} {effect.state:8} {effect.task:24} {effect.about:16} {tries:6} {effect.error}"
            self.stdout.write(line.rstrip())

    def _show(self, *, id: int, **_: Any) -> None:
        effect = Effect.objects.filter(pk=id).first()
        if effect is None:
            raise CommandError(f"No effect has the id {id}; finished ones are purged after {conf.retention()}.")
        self.stdout.write(_json({**_facts(effect), "failures": [_failure(each) for each in effect.attempts.all()]}))

    def _retry(self, *, ids: list[int], all: bool, **_: Any) -> None:
        if all:
            ids = list(Effect.objects.filter(state=State.DEAD).values_list("pk", flat=True))
        elif not ids:
            raise CommandError("Name the effects to retry, or say --all.")
        replayed = dead_letters.replay(ids)
        self.stdout.write(f"{replayed} owed again.")
        if replayed < len(ids):
            raise CommandError(f"{len(ids) - replayed} of them were not dead; nothing was changed there.")

    def _hold(self, *, tasks: list[str], **_: Any) -> None:
        self._sums(holding.hold(tasks), "held")
        if running := Effect.objects.filter(state=State.RUNNING).count():
            self.stderr.write(f"{running} are with a worker at this moment. Stop the workers, and hold again.")

    def _held(self, *, tasks: list[str], **_: Any) -> None:
        self._sums(holding.held(tasks), "held")

    def _release(self, *, tasks: list[str], **_: Any) -> None:
        self.stdout.write(f"{holding.release(tasks)} owed again.")

    def _sums(self, numbers: Counter[str], word: str) -> None:
        self.stdout.writelines(f"{number:>8} {task}\n" for task, number in sorted(numbers.items()))
        self.stdout.write(f"{numbers.total():>8} {word}")

    def _sweep(self, **_: Any) -> None:
        swept = sweeping.sweep()
        self.stdout.write(f"{swept.ready} ready, {swept.dead} dead, {'rung' if swept.rung else 'the broker is away'}.")

    def _work(self, *, until_empty: bool, **_: Any) -> None:
        """Sweep and run until stopped."""
        registry.load()
        schedules.sync()
        while True:
            schedules.tick()
            sweeping.sweep()
            if draining.work():
                continue
            if until_empty:
                return
            time.sleep(IDLE_PAUSE)

    def _purge(self, *, hours: float | None, **_: Any) -> None:
        age = conf.retention() if hours is None else timedelta(hours=hours)
        self.stdout.write(f"{purging.purge(age)} removed.")


def _of(task: str | None) -> EffectQuerySet:
    """Return the effects of this name, and those owed under the other names of the same declaration."""
    every: EffectQuerySet = Effect.objects.all()
    if not task:
        return every
    known = registry.find(task)
    return every.of(known) if known else every.filter(task=task)


def _facts(effect: Effect) -> dict[str, Any]:
    return {"id": effect.pk, **model_to_dict(effect), "duration": effect.duration}


def _failure(attempt: Attempt) -> dict[str, Any]:
    facts = {name: getattr(attempt, name) for name in ("number", "ended_at", "seconds", "worker", "outcome", "error")}
    # As lines: in one string a traceback cannot be read.
    return {**facts, "traceback": attempt.traceback.splitlines()}


def _json(value: Any) -> str:
    return json.dumps(value, default=str, indent=2)
