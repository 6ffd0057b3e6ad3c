"""Whole pages in the cache, under the committed version of what they show."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable
from hashlib import sha256
from typing import Any, TypeVar, cast

from django.core.cache import cache

from app.blog import versions

T = TypeVar("T")

FAMILIES = {
    "site": ("recent_posts", "trending_posts"),
    "post": ("post",),
    "author": ("user_posts",),
    "category": ("category_posts",),
    "tag": ("tag_posts",),
}
SHELF = 100
LOCK_SECONDS = 10
WAIT_SECONDS = 3.0
POLL_SECONDS = (0.02, 0.2)  # the second is what the pauses of a long wait grow to: those who wait shall not slow who builds


def cached(key_family: str, scope: str, page: int | str, build: Callable[[], T]) -> T:
    """Return what `build` returns, from the cache where the scope has not changed since. For public renderings only.

    The version is read before the build loads anything and is part of the key, so that a slow reader cannot put an
    old page back. One caller at a time builds; the others wait three seconds for it. Deleting the family's plain name
    ("recent_posts", "user_posts_7") also ends all its pages.
    """
    shelf = _name(key_family, scope)
    key = f"{shelf}.v{versions.current(scope)}.{_short(page)}"
    found = _read(shelf, key)
    return found[0] if found else _built_once(shelf, key, build)


def purge(scopes: Iterable[str]) -> int:
    """Delete the pages of versions that passed; return how many. They would not be read again: this frees memory."""
    numbers = versions.current_of(scopes)
    shelves = {_name(family, scope): scope for scope in numbers for family in FAMILIES.get(scope.partition(":")[0], ())}
    found = cache.get_many(list(shelves))
    old = [key for shelf, keys in found.items() for key in keys if f".v{numbers[shelves[shelf]]}." not in key]
    cache.delete_many(old)
    return len(old)


def _name(key_family: str, scope: str) -> str:
    return "_".join([key_family, *scope.split(":")[1:]])


def _short(page: int | str) -> str:
    text = str(page)
    return text if re.fullmatch(r"[\w-]{1,40}", text, re.ASCII) else sha256(text.encode(errors="replace")).hexdigest()[:32]


def _read(shelf: str, key: str) -> tuple[Any] | None:
    """Return the page in a tuple if it is there and belongs to its family's current version."""
    found = cache.get_many([shelf, key])
    return (found[key],) if key in found and key in found.get(shelf, ()) else None


def _built_once(shelf: str, key: str, build: Callable[[], T]) -> T:
    lock, until, pause = f"lock.{key}", time.monotonic() + WAIT_SECONDS, POLL_SECONDS[0]
    while not cache.add(lock, 1, LOCK_SECONDS):
        if time.monotonic() > until:
            return build()
        time.sleep(pause)
        pause = min(2 * pause, POLL_SECONDS[1])
        if found := _read(shelf, key):
            return cast("T", found[0])
    try:
        found = _read(shelf, key)
        return found[0] if found else _kept(shelf, key, build())
    finally:
        cache.delete(lock)


def _kept(shelf: str, key: str, value: T) -> T:
    others = [each for each in cache.get(shelf, ()) if each != key]
    cache.set_many({key: value, shelf: (*others, key)[-SHELF:]})
    return value
