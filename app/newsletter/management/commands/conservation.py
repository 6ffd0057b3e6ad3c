"""`manage.py conservation`: does everything that was owed stand somewhere?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from app.newsletter.conservation import Account, posts, sends


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
        number, owed, parts, wrong = 0, 0, Counter[str](), []
        for account in found:
            number, owed = number + 1, owed + account.owed
            parts.update(account.parts)
            wrong += [f"{account.about}: {each}" for each in account.wrong]
            if verbosity > 1:
                self.stdout.write(f"{account.about}: {equation(account.owed, account.parts)}")
        self.stdout.write(f"{number} {name}: {equation(owed, parts)}")
        return wrong


def equation(owed: int, parts: dict[str, int]) -> str:
    return f"{owed} owed = {' + '.join(f'{number} {state}' for state, number in parts.items()) or '0'}"
