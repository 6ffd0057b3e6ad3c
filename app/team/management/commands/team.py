"""List the team, invite, give roles, deactivate and reactivate, and give posts away."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from app.accounts.models import Role, TeamRole, User
from app.blog.errors import Refused
from app.log.acting import COMMAND, acting
from app.mail.addresses import normalise
from app.mail.errors import BadAddress
from app.mail.forms import validate_address
from app.second_factor.changes import reset
from app.team import members
from app.team.models import Invitation
from owed import clock


class Command(BaseCommand):
    help = (
        "Without an option, list the team. What is changed is in the studio's log as done by a command. "
        "Exit code 1: refused, or no such user."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_mutually_exclusive_group()
        verbs.add_argument("--invite", metavar="EMAIL", help="mail an invitation; needs --role")
        verbs.add_argument("--change", metavar="USER", help="give another role; needs --role")
        verbs.add_argument("--deactivate", metavar="USER", help="end sessions and tokens, and let them in no more")
        verbs.add_argument("--reactivate", metavar="USER", help="let them in again")
        verbs.add_argument("--reset-second-factor", metavar="USER", help="let them sign in with the password alone")
        verbs.add_argument("--transfer", metavar="USER", help="give all their posts to another; needs --to")
        parser.add_argument("--role", choices=TeamRole.values)
        parser.add_argument("--to", metavar="USER")

    def handle(self, *args: Any, **options: Any) -> None:
        verbs = {name: options[name] for name in VERBS if options[name]}
        try:
            with acting(None, COMMAND):
                said = [VERBS[name](who, options) for name, who in verbs.items()] or _everyone()
        except (Refused, BadAddress) as error:
            raise CommandError(str(error)) from None
        except ValidationError as error:
            raise CommandError(error.messages[0]) from None
        self.stdout.writelines(f"{line}\n" for line in said)


def _everyone() -> list[str]:
    return [f"{_name(each)}\t{each.email}\t{each.number} posts" for each in members.everyone()]  # type: ignore[attr-defined]


def _name(member: User) -> str:
    return f"{member.username}\t{member.team_role if member.is_active else 'deactivated'}"


def _invite(email: str, options: dict[str, Any]) -> str:
    if options["role"] in {None, Role.READER}:
        raise CommandError("name the --role: contributor, author, editor or administrator")
    validate_address(email)
    invitation = Invitation.objects.invite(normalise(email), options["role"], by=None, now=clock.now())
    return f"{invitation.email} is invited until {invitation.expires_at:%Y-%m-%d}"


def _change(username: str, options: dict[str, Any]) -> str:
    if options["role"] is None:
        raise CommandError("name the --role")
    member = _user(username)
    members.change_role(member, options["role"])
    return _name(member)


def _deactivate(username: str, options: dict[str, Any]) -> str:
    member = _user(username)
    members.deactivate(member, now=clock.now())
    return _name(member)


def _reactivate(username: str, options: dict[str, Any]) -> str:
    member = _user(username)
    members.reactivate(member)
    return _name(member)


def _reset_second_factor(username: str, options: dict[str, Any]) -> str:
    member = _user(username)
    reset(member, now=clock.now())
    return f"{_name(member)}\tthe password alone signs in"


def _transfer(username: str, options: dict[str, Any]) -> str:
    member, to = _user(username), _user(options["to"] or "")
    return f"{members.transfer(member, to)} posts are being given to {to.username}"


VERBS = {
    "invite": _invite,
    "change": _change,
    "deactivate": _deactivate,
    "reactivate": _reactivate,
    "reset_second_factor": _reset_second_factor,
    "transfer": _transfer,
}


def _user(username: str) -> User:
    found = User.objects.select_related("profile").filter(username__iexact=username).first()
    if found is None:
        raise CommandError(f"no user is called {username!r}")
    return found
