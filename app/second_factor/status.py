"""Who signs in with a second factor, and who has to set one up."""

from __future__ import annotations

from collections.abc import Iterable

from app.accounts.models import User
from app.second_factor.models import Authenticator, Passkey


def has_second_factor(user: User) -> bool:
    """Return whether the user's password alone signs in no one. Recovery codes come with one of these, never alone."""
    return Authenticator.objects.filter(user=user).exists() or Passkey.objects.filter(user=user).exists()


def must_set_up(user: User) -> bool:
    """Return whether the publication asks the user for a second factor, and there is none yet."""
    return user.needs_second_factor and not has_second_factor(user)


def with_second_factor(people: Iterable[User]) -> set[int]:
    """Return the ids of those of them who have one."""
    ids = [person.pk for person in people]
    tables = (Authenticator.objects, Passkey.objects)
    return {pk for table in tables for pk in table.filter(user__in=ids).values_list("user_id", flat=True)}
