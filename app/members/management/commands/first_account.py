"""The link that makes the first account of a site."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from app.members.first_account import HasAccounts, first_account_link


class Command(BaseCommand):
    help = "Print the link that makes the first account of this site. Valid for seven days, until there is one."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self.stdout.write(first_account_link())
        except HasAccounts:
            raise CommandError("This site has an account. `manage.py createsuperuser` makes another.") from None
