"""The queues: one word is module in tasks/, queue, task prefix, Flower prefix and log prefix."""

from __future__ import annotations

from typing import Any

from kombu import Queue

NAMES = ("email", "feeds", "social", "search", "cache", "stats", "media", "upkeep")
DEFAULT = "upkeep"
QUEUES = tuple(Queue(name, routing_key=name) for name in NAMES)


def route(name: str, args: Any, kwargs: Any, options: Any, task: Any = None, **more: Any) -> dict[str, str]:
    """Send a task to the queue that its name begins with."""
    prefix = name.partition(".")[0]
    return {"queue": prefix if prefix in NAMES else DEFAULT}
