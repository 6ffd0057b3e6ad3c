"""`manage.py owed`: look into the ledger, and act on it."""

from __future__ import annotations

import json
import time
from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.forms.models import model_to_dict

from ... import acting, conf, draining, limits, pausing, purging, registry, schedules, sweeping, unknown
from ...models import Attempt, Effect, EffectSet, Pause
from .. import actions, holds

IDLE_PAUSE = 0.5
RENAMED = {"replay": "retry"}
"""Verbs by names that they had."""


class Command(BaseCommand):
    help = (
        "List and show what is owed; retry, hasten, discard, cancel, pause, hold, release or drop it; sweep, work off or purge."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        listing = verbs.add_parser("list", help="effects, newest first")
        actions.add_filters(listing)
        listing.add_argument("--limit", type=int, default=50)
        listing.add_argument("--json", action="store_true")
        verbs.add_parser("show", help="one effect, whole").add_argument("id", type=int)
        verbs.add_parser("sets", help="what is owed when all of a set are settled")
        actions.add_verbs(verbs.add_parser)
        actions.add_pauses(verbs.add_parser)
        holds.add_verbs(verbs.add_parser)
        verbs.add_parser("sweep", help="ring what is due, once")
        work = verbs.add_parser("work", help="run effects here, with no broker and no worker")
        work.add_argument("--until-empty", action="store_true", help="stop when nothing is ready or due")
        purge = verbs.add_parser("purge", help="remove done effects that are old")
        purge.add_argument("--hours", type=float)

    def handle(self, *, verb: str, **options: Any) -> None:
        verb = RENAMED.get(verb, verb)
        if verb in actions.TEXTS:
            actions.act(acting.VERBS[verb], self.stdout, **options)
        else:
            getattr(self, f"_{verb}")(**options)

    def _list(self, *, limit: int, json: bool, **filters: Any) -> None:
        effects = actions.asked(filters).effects().order_by("-pk")[:limit]
        if json:
            self.stdout.write(_json([_facts(effect) for effect in effects]))
            return
        self.stdout.writelines(f"{each}\n" for each in Pause.objects.all())
        for effect in effects:
            tries = f"{effect.attempt}/{effect.max_attempts}"
            line = (
                f"e{effect.pk:<8} {effect.state:9} {effect.task:24} {effect.about:16} {tries:6} {effect.reason or effect.error}"
            )
            self.stdout.write(line.rstrip())
        for name, number in unknown.unknown().items():
            self.stderr.write(f"{number} owed under {name}, a name that no running worker knows.")

    def _show(self, *, id: int, **_: Any) -> None:
        effect, follows = Effect.objects.filter(pk=id).first(), EffectSet.objects.filter(pk=id).first()
        if effect is None and follows and follows.is_open:
            self.stdout.write(_json(_set(follows)))
            return
        if effect is None:
            raise CommandError(f"No effect has the id {id}; finished ones are purged after {conf.retention()}.")
        counted = EffectSet.objects.filter(pk=effect.member_of).first() if effect.member_of else None
        sets = {"set": counted and _set(counted), "follows": follows and _set(follows)}
        self.stdout.write(_json({**_facts(effect), **sets, "failures": [_failure(each) for each in effect.attempts.all()]}))

    def _sets(self, **_: Any) -> None:
        self.stdout.write("\n".join(map(str, EffectSet.objects.open())) or "Nothing waits for the end of a set.")

    def _pause(self, **options: Any) -> None:
        actions.pause(self.stdout, **options)

    def _resume(self, **options: Any) -> None:
        actions.resume(self.stdout, **options)

    def _paused(self, **_: Any) -> None:
        self.stdout.write("\n".join(map(str, Pause.objects.all())) or "Nothing is paused.")

    def _hold(self, **options: Any) -> None:
        holds.hold(self.stdout, self.stderr, **options)

    def _held(self, **options: Any) -> None:
        holds.held(self.stdout, **options)

    def _release(self, **options: Any) -> None:
        holds.release(self.stdout, **options)

    def _drop(self, **options: Any) -> None:
        holds.drop(self.stdout, **options)

    def _sweep(self, **_: Any) -> None:
        pausing.unpark()
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
        limits.forget()
        self.stdout.write(f"{purging.purge(age)} removed.")


def _facts(effect: Effect) -> dict[str, Any]:
    return {"id": effect.pk, **model_to_dict(effect), "duration": effect.duration}


def _set(one: EffectSet) -> dict[str, Any]:
    names = ("task", "about", "size", "outstanding", "created_at", "owed_at")
    states = {state.value: number for state, number in Effect.objects.filter(member_of=one.pk).by_state()}
    return {"then": one.pk, **{name: getattr(one, name) for name in names}, "states": states}


def _failure(attempt: Attempt) -> dict[str, Any]:
    facts = {name: getattr(attempt, name) for name in ("number", "ended_at", "seconds", "worker", "outcome", "error")}
    # As lines: in one string a traceback cannot be read.
    return {**facts, "traceback": attempt.traceback.splitlines()}


def _json(value: Any) -> str:
    return json.dumps(value, default=str, indent=2)
