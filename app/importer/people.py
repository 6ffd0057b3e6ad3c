"""Authors become users who cannot sign in; names become tags and categories. Each once, however it was spelt."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import make_password

from app.accounts.models import Profile, RegisteredVia, Role, User
from app.blog.models import Category, Tag
from app.importer.entry import Author
from app.importer.plain import free, slug_of


class People:
    """Finds or makes the user for an author. A reader's account is never given posts: the author gets another name."""

    def __init__(self, default: User | None = None) -> None:
        self.default = default
        self._users: dict[str, User] = {}

    def __getitem__(self, author: Author | None) -> User:
        if author is None and self.default is not None:
            return self.default
        return self._users[_username(author or _house())]

    def prepare(self, authors: Iterable[Author | None]) -> None:
        """Make sure that each has a user: one query to look, one statement for those who are new."""
        wanted = {_username(author or _house()): author or _house() for author in authors if author or not self.default}
        missing = {name: author for name, author in wanted.items() if name not in self._users}
        if not missing:
            return
        self._users |= {name: user for name, user in _existing(missing).items() if _may_have_posts(user)}
        new = {name: author for name, author in missing.items() if name not in self._users}
        made = _inserted([_user(name) for name in new], new.values())
        self._users |= dict(zip(new, made, strict=True))

    def forget(self) -> None:
        """Look again next time: a transaction was rolled back."""
        self._users.clear()


def _house() -> Author:
    """Return who wrote what names no author: the site itself."""
    return Author(key=settings.SITE_NAME, name=settings.SITE_NAME)


def _username(author: Author) -> str:
    return slug_of(author.key, kind="author", limit=140)


def _existing(names: Iterable[str]) -> dict[str, User]:
    spellings = [spelling for name in names for spelling in (name, _other(name))]
    found = {user.username.lower(): user for user in User.objects.filter(username__in=spellings).order_by("pk")}
    return {name: user for name in names if (user := found.get(_other(name)) or found.get(name))}


def _other(name: str) -> str:
    return f"{name}-imported"


def _may_have_posts(user: User) -> bool:
    return user.registered_via == RegisteredVia.IMPORT or user.can_write()


def _user(name: str) -> User:
    taken = User.objects.filter(username__iexact=name).exists()
    user = User(username=_other(name) if taken else name, role=Role.AUTHOR, registered_via=RegisteredVia.IMPORT)
    user.password = make_password(None)
    return user


def _inserted(users: list[User], authors: Iterable[Author]) -> list[User]:
    made = User.objects.bulk_create(users) if users else []
    for user, author in zip(made, authors, strict=True):
        Profile.objects.filter(user=user).update(display_name=author.name[:100])
    return made


class Terms:
    """Finds or makes tags (or categories). "Open Source" and "open-source" are one, "c" and "c++" are two."""

    def __init__(self, model: type[Tag] | type[Category]) -> None:
        self.model = model
        self._found: dict[str, Tag | Category] = {}

    def __getitem__(self, name: str) -> Any:
        return self._found[_spelling(name)]

    def prepare(self, names: Iterable[str]) -> None:
        """Make sure that each name has its row."""
        wanted = {_spelling(name): name for name in reversed(list(names))}
        if not wanted.keys() - self._found.keys():
            return
        rows: list[Any] = list(self.model._default_manager.order_by("pk"))
        self._found |= {_spelling(row.name): row for row in reversed(rows)}
        taken = {row.slug for row in rows}
        for spelling, name in sorted(wanted.items()):
            if spelling not in self._found:
                self._found[spelling] = self._made(name, taken)

    def _made(self, name: str, taken: set[str]) -> Tag | Category:
        slug = free(slug_of(name, kind=self.model.__name__.lower(), limit=100), taken)
        taken.add(slug)
        return self.model._default_manager.create(name=name[:100], slug=slug)

    def forget(self) -> None:
        """Look again next time: a transaction was rolled back."""
        self._found.clear()


def _spelling(name: str) -> str:
    return re.sub(r"[\s_-]+", " ", name[:100]).strip().casefold()
