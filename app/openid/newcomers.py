"""Persons without an account. Rooms above say who else may have one; here the operator's setting does."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime

from django.conf import settings

from app.accounts.models import User
from app.openid.person import Person

Admission = Callable[[str, str, datetime], User | None]
"""Makes the account of a verified address, with a username that is free; or returns None."""

ADMISSIONS: list[Admission] = []
NAME = 140


def admit_by(admission: Admission) -> None:
    """Let a room above make accounts. Called when the room is ready."""
    if admission not in ADMISSIONS:
        ADMISSIONS.append(admission)


def admitted(person: Person, now: datetime) -> User | None:
    """Return a new account for a person with a verified address; None where the operator wants none."""
    username = free_name(person)
    if settings.OIDC_LINK_BY_EMAIL:
        for admission in ADMISSIONS:
            if user := admission(username, person.email, now):
                return user
    if not settings.OIDC_NEW_ACCOUNTS:
        return None
    role = settings.OIDC_NEW_ACCOUNTS
    return User.objects.register_without_password(username, person.email, role=role, email_confirmed_at=now)


def free_name(person: Person) -> str:
    """Return a username of what the provider calls the person, with a number where it is taken."""
    wanted = (person.name or person.email).partition("@")[0]
    base = re.sub(r"[^\w.+-]", "", wanted)[:NAME].strip(".") or "reader"
    taken = {name.lower() for name in User.objects.filter(username__istartswith=base).values_list("username", flat=True)}
    number = next(number for number in range(1, len(taken) + 2) if _numbered(base, number).lower() not in taken)
    return _numbered(base, number)


def _numbered(base: str, number: int) -> str:
    return base if number == 1 else f"{base}{number}"
