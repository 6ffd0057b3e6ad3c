"""A circuit breaker: a host that does not answer is left alone for a while, so that it does not hold the workers others need.

Kept in the cache, where all workers see it, and timed by the cache alone; a lost cache costs a few more attempts.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import quote

from django.core.cache import cache

from owed import Later

FAILURES = 3
"""In a row, before the host is left alone."""
SHORTEST, LONGEST = 15.0, 300.0
MAIL = "the mail server"
PROBE = 30.0
"""Seconds for which one caller has a host to itself whose rest is over."""
RETURNS = 10
"""Callers per second that a host's waiting room sends back: each takes a worker for a run, only to be sent to wait again."""
LONGEST_WAIT = 1.5 * LONGEST
NOTICE = 2.0
"""Seconds in which one caller puts off the deliveries of the others."""


@dataclass(frozen=True)
class Trouble:
    """A host that did not answer so often in a row, whether it is left alone now, and how many callers wait for it."""

    host: str
    failures: int
    resting: bool
    waiting: int


@contextmanager
def asking(host: str, *silence: type[Exception]) -> Iterator[None]:
    """Ask the host in the block, and remember whether it answered; `silence` is how it does not. Raises Later during a rest."""
    if resting := rest(host):
        raise Later(resting, f"{host} does not answer, and is left alone for a while")
    try:
        yield
    except silence:
        failed(host)
        raise
    except Exception:
        answered(host)
        raise
    answered(host)


def rest(host: str, *, after: int = FAILURES) -> timedelta | None:
    """Return how long to leave the host alone, None where it may be asked. After each rest one caller may ask."""
    if cache.get(_key(host), 0) < after:
        return None
    pause = cache.get(_key(host, "rest"))
    if pause is None and cache.add(_key(host, "probe"), 1, PROBE):
        return None
    return wait(host) * random.uniform(1, 2)  # noqa: S311 - jitter, not a secret


def wait(host: str, callers: int = 1) -> timedelta:
    """Count so many callers into the waiting room. Return how long each is to wait, at least, and at most twice as long.

    The more wait, the longer: the first are back within a minute, the last within 2 x LONGEST_WAIT.
    """
    pause = cache.get(_key(host, "rest")) or 0.0
    return timedelta(seconds=max(pause, PROBE, min(_crowd(host, callers) / RETURNS, LONGEST_WAIT)))


def puts_off_others(host: str) -> bool:
    """Return whether this caller is the one who is to put off the deliveries of the others."""
    return bool(cache.add(_key(host, "notice"), 1, NOTICE))


def failed(host: str, *, after: int = FAILURES) -> bool:
    """Count that the host did not answer; each time in a row its rest is longer. What was under way meanwhile counts once.

    `after` is how many in a row bring a rest. Return whether it is left alone now.
    """
    if cache.get(_key(host, "rest")) is not None:
        return True
    failures = cache.get(_key(host), 0) + 1
    cache.set(_key(host), failures, 4 * LONGEST)
    if failures < after:
        return False
    pause = rest_after(failures - after + FAILURES)
    cache.set(_key(host, "rest"), pause, pause)
    cache.delete(_key(host, "probe"))
    return True


def rest_after(failures: int) -> float:
    """Return the seconds of the rest that so many failures in a row bring: doubled each time, up to LONGEST."""
    return float(min(SHORTEST * 2 ** min(failures - FAILURES, 20), LONGEST))


def answered(host: str) -> None:
    """Forget its failures."""
    if cache.get(_key(host)):
        cache.delete_many([_key(host, what) for what in ("failures", "rest", "probe", "crowd", "notice")])


def doubtful(hosts: Sequence[str]) -> set[str]:
    """Return those of the hosts that failed since they answered last."""
    keys = {_key(host): host for host in hosts}
    return {keys[key] for key in cache.get_many(keys)}


def troubles(hosts: Sequence[str]) -> list[Trouble]:
    """Return those of the hosts that did not answer lately, those that are left alone first."""
    keys = {_key(host, what): (host, what) for host in hosts for what in ("failures", "rest", "crowd")}
    found = {keys[key]: value for key, value in cache.get_many(keys).items()}
    shown = [
        Trouble(host, found[host, "failures"], (host, "rest") in found, found.get((host, "crowd"), 0))
        for host in hosts
        if (host, "failures") in found
    ]
    return sorted(shown, key=lambda each: (not each.resting, -each.failures, each.host))


def _crowd(host: str, callers: int) -> int:
    """Return how many were sent to wait within some minutes, these included."""
    cache.add(_key(host, "crowd"), 0, LONGEST)
    try:
        return cache.incr(_key(host, "crowd"), callers)
    except ValueError:  # it has just run out
        return callers


def _key(host: str, what: str = "failures") -> str:
    return f"breaker:{what}:{quote(host[:70], safe=':')}"
