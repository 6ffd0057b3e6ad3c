"""`manage.py conservation`: is everything that was owed accounted for?"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from app.audit.conservation import Balance, calls, digests, posts, sends, total


class Command(BaseCommand):
    help = "Check that for every post and send: owed = done + failed + suppressed + skipped + unknown + pending."

    def handle(self, *, verbosity: int, **options: Any) -> None:
        wrong = [
            line
            for name, found in (("sends", sends()), ("digests", digests()), ("posts", posts()), ("webhooks", calls()))
            for line in self._report(name, found, verbosity)
        ]
        if wrong:
            raise CommandError("\n".join(wrong))

    def _report(self, name: str, found: Iterable[Balance], verbosity: int) -> list[str]:
        """Write the sum of these balances, and each of them with --verbosity 2. Return a line for each error."""
        balances = list(found)
        if verbosity > 1:
            self.stdout.writelines(f"{balance.about}: {balance}\n" for balance in balances)
        self.stdout.write(f"{len(balances)} {name}: {total(balances)}")
        return [f"{balance.about}: {each}" for balance in balances for each in balance.wrong]
