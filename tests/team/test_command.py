"""The team from a terminal."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from app.accounts.models import User
from app.log.models import Entry
from app.team.models import Invitation

pytestmark = pytest.mark.django_db


def team(*options: str) -> list[str]:
    out = StringIO()
    call_command("team", *options, stdout=out)
    return out.getvalue().splitlines()


class TestTheCommand:
    def test_lists_and_changes_the_team(self, ada: User, anna: User) -> None:
        assert team() == ["ada\tadministrator\tada@example.org\t0 posts", "anna\tauthor\tanna@example.org\t0 posts"]
        assert team("--change", "ANNA", "--role", "editor") == ["anna\teditor"]
        assert team("--deactivate", "anna") == ["anna\tdeactivated"]
        assert team("--reactivate", "anna") == ["anna\teditor"]
        assert {(each.actor, each.via) for each in Entry.objects.all()} == {(None, "command")}

    def test_invites(self, db: None) -> None:
        [line] = team("--invite", "New@example.org", "--role", "administrator")
        assert line.startswith("New@example.org is invited until ")
        assert Invitation.objects.get().invited_by is None

    @pytest.mark.parametrize(
        ("options", "why"),
        [
            (["--deactivate", "ada"], "last administrator"),
            (["--deactivate", "nobody"], "no user is called"),
            (["--invite", "x", "--role", "author"], "valid email"),
            (["--invite", "x@example.org"], "name the --role"),
            (["--transfer", "ada", "--to", "ada"], "Choose someone else"),
        ],
    )
    def test_says_why_it_refuses(self, ada: User, options: list[str], why: str) -> None:
        with pytest.raises(CommandError, match=why):
            team(*options)
