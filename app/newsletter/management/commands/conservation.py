"""`manage.py conservation`: does everything that was owed stand somewhere?"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from app.newsletter.conservation import Account, posts, sends, total


class Command(BaseCommand):
    help = "Check that for every post and send: owed = done + failed + suppressed + skipped + unknown + pending."

    def handle(self, *, verbosity: int, **options: Any) -> None:
        wrong = [
            line for name, found in (("sends", sends()), ("posts", posts())) for line in self._told(name, found, verbosity)
        ]
        if wrong:
            raise CommandError("\n".join(wrong))

    def _told(self, name: str, found: Iterable[Account], verbosity: int) -> list[str]:
        """Write the sum of these accounts, and each where asked for. Return a line for each that does not balance."""
        accounts = list(found)
        if verbosity > 1:
            self.stdout.writelines(f"{account.about}: {account}\n" for account in accounts)
        self.stdout.write(f"{len(accounts)} {name}: {total(accounts)}")
        return [f"{account.about}: {each}" for account in accounts for each in account.wrong]
