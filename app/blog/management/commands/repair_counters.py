"""Find counts that are not what there is, and set them right."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from app.blog import counters


class Command(BaseCommand):
    help = (
        "Compare likes, comments and posts with the counts that are kept beside them, and repair what drifted. "
        "Safe to run at any time, while the site is used. Exit code 0: nothing is wrong, or nothing any more. "
        "With --check: 1 when something is wrong."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="report only; exit with 1 when something is wrong")

    def handle(self, *args: Any, **options: Any) -> None:
        found = counters.drift()
        for each in found:
            self.stdout.write(describe(each))
        if options["check"]:
            if found:
                raise CommandError(f"{len(found)} counts are wrong; run repair_counters to repair them", returncode=1)
        else:
            counters.repair(found)
        self.stdout.write(f"{len(found)} repaired" if found else "every count is right")


def describe(drift: counters.Drift) -> str:
    names = ("likes", "comments") if drift.subject == "post" else ("posts", "published posts")
    if drift.stored[0] is None:
        return f"{drift.subject}:{drift.pk} has no profile"
    pairs = zip(names, drift.stored, drift.actual, strict=True)
    wrong = [f"{name} {stored} -> {actual}" for name, stored, actual in pairs if stored != actual]
    return f"{drift.subject}:{drift.pk} {', '.join(wrong)}"
