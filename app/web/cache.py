"""The cache: never the cause of an error, and never older than the last commit."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Iterable, Mapping
from hashlib import sha256
from typing import Any, TypeVar, cast

from django.core.cache import cache
from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.cache.backends.redis import RedisCache

from app.blog import versions

T = TypeVar("T")
Timeout = Any  # seconds, None for ever, or Django's marker for "as configured"

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

logger = logging.getLogger("afterword.cache")


class Outage:
    """What one process knows of the cache's health.

    After an error the cache is left alone for `quiet` seconds, then one caller tries it; a line is logged
    at most each `log_every` seconds.
    """

    def __init__(self, *, quiet: float = 1.0, log_every: float = 60.0) -> None:
        self.quiet = quiet
        self.log_every = log_every
        self.errors = 0
        self.failing = False
        self._retry_at = 0.0
        self._log_at = 0.0

    def attempt(self, call: Callable[[], T], instead: T) -> T:
        """Return what `call` returns, or `instead` while the cache is in trouble."""
        if self._resting():
            return instead
        try:
            answer = call()
        except Exception as error:
            self._failed(error)
            return instead
        self.failing = False
        return answer

    def _resting(self) -> bool:
        now = time.monotonic()
        if self.failing and now < self._retry_at:
            return True
        self._retry_at = now + self.quiet
        return False

    def _failed(self, error: Exception) -> None:
        self.errors += 1
        self.failing = True
        now = time.monotonic()
        self._retry_at = now + self.quiet
        if now >= self._log_at:
            self._log_at = now + self.log_every
            logger.warning("cache.unavailable", extra={"error": f"{type(error).__name__}: {error}", "errors": self.errors})


outage = Outage()


class Cache(RedisCache):
    """Redis or Valkey, at unix:// or redis://. Trouble reads as a miss and writes as nothing; `outage` counts it."""

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        return outage.attempt(lambda: super(Cache, self).get(key, default, version), default)

    def get_many(self, keys: Iterable[str], version: int | None = None) -> dict[str, Any]:
        wanted = list(keys)
        return outage.attempt(lambda: super(Cache, self).get_many(wanted, version), {})

    def has_key(self, key: str, version: int | None = None) -> bool:
        return outage.attempt(lambda: super(Cache, self).has_key(key, version), False)

    def add(self, key: str, value: Any, timeout: Timeout = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        """Store unless there. True in trouble too: nobody else can be seen to hold the key."""
        return outage.attempt(lambda: super(Cache, self).add(key, value, timeout, version), True)

    def set(self, key: str, value: Any, timeout: Timeout = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        outage.attempt(lambda: super(Cache, self).set(key, value, timeout, version), None)

    def set_many(self, data: Mapping[str, Any], timeout: Timeout = DEFAULT_TIMEOUT, version: int | None = None) -> list[str]:
        return outage.attempt(lambda: super(Cache, self).set_many(dict(data), timeout, version), list(data))

    def touch(self, key: str, timeout: Timeout = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        return outage.attempt(lambda: super(Cache, self).touch(key, timeout, version), False)

    def delete(self, key: str, version: int | None = None) -> bool:
        return outage.attempt(lambda: super(Cache, self).delete(key, version), False)

    def delete_many(self, keys: Iterable[str], version: int | None = None) -> None:
        unwanted = list(keys)
        outage.attempt(lambda: super(Cache, self).delete_many(unwanted, version), None)

    def incr(self, key: str, delta: int = 1, version: int | None = None) -> int:
        """Add to a counter; a missing counter counts from zero."""
        return outage.attempt(lambda: self._incr(key, delta, version), delta)

    def _incr(self, key: str, delta: int, version: int | None) -> int:
        super().add(key, 0, version=version)
        return super().incr(key, delta, version)

    def clear(self) -> None:
        outage.attempt(lambda: super(Cache, self).clear(), None)


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
    """Delete the pages of versions that passed; return how many. Nobody would read them: this frees memory."""
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
    """Return the page in a tuple if it is there and stands on its family's shelf."""
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
