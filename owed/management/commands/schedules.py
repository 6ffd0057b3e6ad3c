"""`manage.py schedules`: what runs by the clock, and changing it."""

from __future__ import annotations

import getpass
import json
from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.forms.models import model_to_dict

from ... import registry, schedules
from ...schedules import Missed, Schedule

NAMED = {
    "run": "owe the effect now; the planned times stay",
    "resume": "go on with the next time",
    "reset": "take the time that the code declares",
}


class Command(BaseCommand):
    help = "List what runs by the clock, change, pause, resume or run it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb")
        verbs.add_parser("list", help="every schedule").add_argument("--json", action="store_true")
        for verb, text in NAMED.items():
            verbs.add_parser(verb, help=text).add_argument("name")
        pause = verbs.add_parser("pause", help="run it no more until it is resumed")
        pause.add_argument("name")
        pause.add_argument("--why", default="")
        change = verbs.add_parser("set", help="another time or policy; the code no longer replaces it")
        change.add_argument("name")
        change.add_argument("--cron", help='such as "30 2 * * *"')
        change.add_argument("--zone", help="such as Europe/Berlin")
        change.add_argument("--every", type=int, help="seconds")
        change.add_argument("--missed", choices=Missed.values)

    def handle(self, *, verb: str | None, **options: Any) -> None:
        registry.load()
        schedules.sync()
        getattr(self, f"_{verb or 'list'}")(**options)

    def _list(self, *, json: bool = False, **_: Any) -> None:
        rows = Schedule.objects.order_by("name")
        if json:
            self.stdout.write(_json([_facts(each) for each in rows]))
            return
        for each in rows:
            state = f"paused by {each.paused_by}: {each.paused_why}" if each.paused_at else f"next {each.next_at:%F %R} UTC"
            last = f"last {each.last_at:%F %R}" if each.last_at else "never run"
            edited = "edited" if each.edited_at else ""
            self.stdout.write(f"{each.name:28} {each.timing!s:16} {each.zone:16} {state}  {last}  {edited}".rstrip())

    def _run(self, *, name: str, **_: Any) -> None:
        [effect] = _find(name).run_now().ids
        self.stdout.write(f"Owed as e{effect}.")

    def _pause(self, *, name: str, why: str, **_: Any) -> None:
        self.stdout.write("Paused." if _find(name).pause(by=getpass.getuser(), why=why) else "It was paused already.")

    def _resume(self, *, name: str, **_: Any) -> None:
        self.stdout.write("Resumed." if _find(name).resume() else "It was not paused.")

    def _reset(self, *, name: str, **_: Any) -> None:
        if not _find(name).reset():
            raise CommandError("The code does not declare it.")
        self.stdout.write("As in the code.")

    def _set(self, *, name: str, **given: Any) -> None:
        fields = {field: given[field] for field in schedules.EDITABLE if given.get(field) is not None}
        # One kind of time takes the place of the other, unless both are given, which is refused.
        other = {"cron": "every", "every": "cron"}
        for field in [each for each in fields if each in other and other[each] not in fields]:
            fields[other[field]] = None if other[field] == "every" else ""
        try:
            _find(name).change(by=getpass.getuser(), **fields)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None
        self.stdout.write("Changed.")


def _find(name: str) -> Schedule:
    schedule = Schedule.objects.filter(name=name).first()
    if schedule is None:
        names = ", ".join(Schedule.objects.order_by("name").values_list("name", flat=True))
        raise CommandError(f"No schedule is called {name}. There are: {names or 'none'}.")
    return schedule


def _facts(schedule: Schedule) -> dict[str, Any]:
    times = {
        name: getattr(schedule, name) for name in ("next_at", "last_at", "paused_at", "paused_by", "paused_why", "edited_at")
    }
    return {**model_to_dict(schedule), **times, "last_effect": schedule.last_effect}


def _json(value: Any) -> str:
    return json.dumps(value, default=str, indent=2)
