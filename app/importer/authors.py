"""Authors of imported posts become users who cannot sign in, each once however the name is spelt."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from django.contrib.auth.hashers import make_password
from django.db.models.functions import Lower

from app.accounts.models import RegisteredVia, Role, User
from app.importer.slugs import slug_of
from app.importer.source import SourceAuthor
from app.site import limits
from app.site.current import site
from owed.sql import run

# Thousands of authors: the ORM would send a statement for each, or a CASE with a branch for each.
NAME = """
UPDATE accounts_profile SET display_name = name FROM unnest(%s::bigint[], %s::text[]) AS wanted (wanted_id, name)
WHERE user_id = wanted_id
"""


class Authors:
    """Finds or makes the user for an author. A reader's account is never given posts: the author gets another name."""

    def __init__(self, default: User | None = None) -> None:
        self.default = default
        self._users: dict[str, User] = {}
        self.made: list[int] = []

    def __getitem__(self, author: SourceAuthor | None) -> User:
        if author is None and self.default is not None:
            return self.default
        return self._users[_username(author or _site_itself())]

    def prepare(self, authors: Iterable[SourceAuthor | None]) -> None:
        """Make sure that each has a user: one query to look, one statement for those who are new."""
        wanted = {
            _username(author or _site_itself()): author or _site_itself() for author in authors if author or not self.default
        }
        missing = {name: author for name, author in wanted.items() if name not in self._users}
        if not missing:
            return
        self._users |= {name: user for name, user in _existing(missing).items() if _can_have_posts(user)}
        new = {name: author for name, author in missing.items() if name not in self._users}
        made = _inserted(_new_users(new), new.values())
        self.made += [user.pk for user in made]
        self._users |= dict(zip(new, made, strict=True))

    def forget(self) -> None:
        """Look again next time: a transaction was rolled back."""
        self._users.clear()
        self.made.clear()


def _site_itself() -> SourceAuthor:
    """Return who wrote what names no author: the site itself."""
    return SourceAuthor(key=site().name, name=site().name)


def _username(author: SourceAuthor) -> str:
    return author.key if author.is_username else slug_of(author.key, kind="author", limit=140)


def _existing(names: Iterable[str]) -> dict[str, User]:
    spellings = [spelling for name in names for spelling in (name, _other(name))]
    found = {user.username.lower(): user for user in User.objects.filter(username__in=spellings).order_by("pk")}
    return {name: user for name in names if (user := found.get(_other(name)) or found.get(name))}


def _other(name: str) -> str:
    return f"{name}-imported"


def _can_have_posts(user: User) -> bool:
    return user.registered_via == RegisteredVia.IMPORT or user.can_write()


def _new_users(names: Collection[str]) -> list[User]:
    found = User.objects.annotate(lower=Lower("username")).filter(lower__in=names).values_list("lower", flat=True)
    taken = set(found) if names else set()
    return [_new_user(_other(name) if name in taken else name) for name in names]


def _new_user(username: str) -> User:
    user = User(username=username, role=Role.AUTHOR, registered_via=RegisteredVia.IMPORT)
    user.password = make_password(None)
    return user


def _inserted(users: list[User], authors: Iterable[SourceAuthor]) -> list[User]:
    made = User.objects.bulk_create(users) if users else []
    names = {
        user.pk: author.name[: limits.NAME] for user, author in zip(made, authors, strict=True) if limits.shows(author.name)
    }
    if names:
        run(NAME, [list(names), list(names.values())])
    return made
