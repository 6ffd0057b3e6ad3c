"""The cache: never the cause of an error, and never older than the last commit."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.cache.backends.redis import RedisCache

T = TypeVar("T")
Timeout = Any  # seconds, None for no limit, or Django's marker for "as configured"


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
        """Store unless there. True when the cache is down, too: no other holder of the key can be seen."""
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
