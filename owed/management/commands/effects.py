"""`manage.py effects`: look into the ledger, and act on it."""

from __future__ import annotations

import json
import time
from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.forms.models import model_to_dict

from owed import draining, purging, settling, sweeping
from owed.models import Effect, State

IDLE_PAUSE = 0.5


class Command(BaseCommand):
    help = "List, show, replay, sweep, work off or purge what is owed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        listing = verbs.add_parser("list", help="effects, newest first")
        listing.add_argument("--state", choices=State.values)
        listing.add_argument("--task")
        listing.add_argument("--about", help='such as "post:12"')
        listing.add_argument("--limit", type=int, default=50)
        listing.add_argument("--json", action="store_true")
        verbs.add_parser("show", help="one effect, whole").add_argument("id", type=int)
        replay = verbs.add_parser("replay", help="owe dead effects again")
        replay.add_argument("ids", type=int, nargs="*")
        replay.add_argument("--all", action="store_true", help="every dead effect")
        verbs.add_parser("sweep", help="ring what is due, once")
        work = verbs.add_parser("work", help="run effects here, with no broker and no worker")
        work.add_argument("--until-empty", action="store_true", help="stop when nothing is ready or due")
        purge = verbs.add_parser("purge", help="remove done effects that are old")
        purge.add_argument("--hours", type=float)

    def handle(self, *, verb: str, **options: Any) -> None:
        getattr(self, f"_{verb}")(**options)

    def _list(self, *, state: str | None, task: str | None, about: str | None, limit: int, json: bool, **_: Any) -> None:
        wanted = {"state": state, "task": task, "about": about}
        effects = Effect.objects.filter(**{name: value for name, value in wanted.items() if value}).order_by("-pk")[:limit]
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
            raise CommandError(f"There is no effect {id}; finished ones are purged after {settings.EFFECTS_RETENTION}.")
        self.stdout.write(_json(_facts(effect)))

    def _replay(self, *, ids: list[int], all: bool, **_: Any) -> None:
        if all:
            ids = list(Effect.objects.filter(state=State.DEAD).values_list("pk", flat=True))
        elif not ids:
            raise CommandError("Name the effects to replay, or say --all.")
        replayed = settling.replay(ids)
        self.stdout.write(f"{replayed} owed again.")
        if replayed < len(ids):
            raise CommandError(f"{len(ids) - replayed} of them were not dead; nothing was changed there.")

    def _sweep(self, **_: Any) -> None:
        swept = sweeping.sweep()
        self.stdout.write(f"{swept.ready} ready, {swept.dead} dead, {'rung' if swept.rung else 'the broker is away'}.")

    def _work(self, *, until_empty: bool, **_: Any) -> None:
        """Sweep and run until stopped."""
        while True:
            sweeping.sweep()
            if draining.work():
                continue
            if until_empty:
                return
            time.sleep(IDLE_PAUSE)

    def _purge(self, *, hours: float | None, **_: Any) -> None:
        age = settings.EFFECTS_RETENTION if hours is None else timedelta(hours=hours)
        self.stdout.write(f"{purging.purge(age)} removed.")


def _facts(effect: Effect) -> dict[str, Any]:
    return {"id": effect.pk, **model_to_dict(effect), "duration": effect.duration}


def _json(value: Any) -> str:
    return json.dumps(value, default=str, indent=2)
