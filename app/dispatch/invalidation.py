"""signal_cache_invalidator: what a receiver's change makes stale leaves the cache after the commit."""

from __future__ import annotations

import functools
import weakref
from collections.abc import Callable, Iterable, Iterator
from types import SimpleNamespace
from typing import Any

from django.core.cache import cache
from django.db import transaction
from django.dispatch import Signal

from app.dispatch.names import known_signals

Pattern = str | Iterable[str] | Callable[[Any], str | Iterable[str]]
Receiver = Callable[..., Any]


class UnreachableReceiver(TypeError):
    """The receiver is connected to a signal that cannot be found: put @receiver above @signal_cache_invalidator."""


def get_cache_keys_for_post(post: Any) -> list[str]:
    """Name the five families of keys that show the post, from its ids alone: no query, and no key for what it lacks."""
    families = (("post", "pk"), ("user_posts", "author_id"), ("category_posts", "category_id"))
    ids = ((family, getattr(post, attribute, None)) for family, attribute in families)
    return [f"{family}_{pk}" for family, pk in ids if pk is not None] + ["recent_posts", "trending_posts"]


def signal_cache_invalidator(cache_pattern: Pattern = get_cache_keys_for_post) -> Callable[[Receiver], Receiver]:
    """Delete the keys of `cache_pattern` once the change is committed, whatever the receiver does.

    The pattern is a key, several, or a function of the changed object (a post's old state, `before=`, counts too);
    a key may say "{pk}". Use it above or below @receiver. Cache trouble is logged, never raised.
    """

    def decorate(receiver: Receiver) -> Receiver:
        @functools.wraps(receiver)
        def invalidating(*args: Any, **kwargs: Any) -> Any:
            try:
                return receiver(*args, **kwargs)
            finally:
                invalidate_cache(kwargs)

        def invalidate_cache(payload: dict[str, Any]) -> None:
            keys = {key for subject in _subjects(payload) for key in _keys(cache_pattern, subject)}
            transaction.on_commit(lambda: cache.delete_many(sorted(keys)), robust=True)

        invalidating.invalidate_cache = invalidate_cache  # type: ignore[attr-defined]
        _reconnect(receiver, invalidating)
        return invalidating

    return decorate


def _subjects(payload: dict[str, Any]) -> Iterator[Any]:
    """Yield the changed object and what it was: `instance=`, or the first value that has a key, then `before=`."""
    objects = (value for name, value in payload.items() if name not in {"signal", "sender"} and hasattr(value, "pk"))
    changed = payload.get("instance") or next(objects, None)
    if changed is not None:
        yield changed
    elif "post_id" in payload:
        yield SimpleNamespace(pk=payload["post_id"])
    if payload.get("before") is not None:
        yield payload["before"]


def _keys(pattern: Pattern, subject: Any) -> Iterable[str]:
    if callable(pattern):
        found = pattern(subject)
        return [found] if isinstance(found, str) else found
    templates = [pattern] if isinstance(pattern, str) else pattern
    return [template.format(pk=getattr(subject, "pk", ""), instance=subject) for template in templates]


def _reconnect(receiver: Receiver, instead: Receiver) -> None:
    """Let signals that already hold the receiver (the decorator is above @receiver) call its replacement."""
    held = [_replace(signal, receiver, instead) for signal in _signals_near(receiver)]
    if weakref.getweakrefs(receiver) and not any(held):
        raise UnreachableReceiver(UnreachableReceiver.__doc__)


def _signals_near(receiver: Receiver) -> set[Signal]:
    names = getattr(receiver, "__globals__", {}).values()
    return {signal for _, signal in known_signals()} | {value for value in list(names) if isinstance(value, Signal)}


def _replace(signal: Signal, receiver: Receiver, instead: Receiver) -> bool:
    with signal.lock:
        rows = signal.receivers
        signal.receivers = [(row[0], instead, *row[2:]) if _target(row[1]) is receiver else row for row in rows]
        signal.sender_receivers_cache.clear()
        return signal.receivers != rows


def _target(reference: Any) -> Any:
    return reference() if isinstance(reference, weakref.ReferenceType) else reference
