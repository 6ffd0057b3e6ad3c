"""Issue, list and revoke tokens with which programs sign in."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from app.accounts.models import ApiToken, User


class Command(BaseCommand):
    help = (
        "Print a new API token of a user; it cannot be shown again. With --list: the tokens there are, without their text. "
        "With --revoke PREFIX: end one. Exit code 1: no such user or token."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("user", help="user name")
        parser.add_argument("--name", default="", help="what the token is for")
        parser.add_argument("--list", action="store_true", help="show the user's tokens")
        parser.add_argument("--revoke", metavar="PREFIX", help="end the token that begins so")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(username__iexact=options["user"]).first()
        if user is None:
            raise CommandError(f"no user is called {options['user']!r}")
        if options["list"]:
            self.stdout.writelines(_line(token) + "\n" for token in user.api_tokens.order_by("pk"))
        elif options["revoke"]:
            self._revoke(user, options["revoke"])
        else:
            self.stdout.write(ApiToken.objects.issue(user, options["name"])[1])

    def _revoke(self, user: User, prefix: str) -> None:
        revoked = sum(token.revoke() for token in user.api_tokens.filter(prefix=prefix[:8]))
        if not revoked:
            raise CommandError(f"no token that can be used begins with {prefix[:8]!r}")
        self.stdout.write(f"{revoked} revoked")


def _line(token: ApiToken) -> str:
    state = (
        "revoked"
        if token.revoked_at
        else f"last used {token.last_used_at:%Y-%m-%d %H:%M}"
        if token.last_used_at
        else "not used"
    )
    return f"{token.prefix} {token.name or '-'} {state}"
