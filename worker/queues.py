"""The queues: those that the declared effects name. One word is module in tasks/, queue, task prefix, Flower and log prefix."""

from __future__ import annotations

from typing import Any

import django
from django.apps import apps
from django.utils.functional import SimpleLazyObject
from kombu import Queue

from owed import registry

DEFAULT = "upkeep"
OURS = ("app.", "tasks.")


def names() -> list[str]:
    """Return the queues of the product's own effects; what others declare, such as tests, waits in the default one."""
    return sorted({each.queue for each in registry.declared() if each.place.startswith(OURS)})


def route(name: str, args: Any, kwargs: Any, options: Any, task: Any = None, **more: Any) -> dict[str, str]:
    """Send a task to the queue of its effect, also under a name that it had."""
    effect = registry.find(name)
    return {"queue": effect.queue if effect and effect.place.startswith(OURS) else DEFAULT}


def _queues() -> tuple[Queue, ...]:
    if not apps.ready:  # `celery report` prints the configuration of an application that nothing has set up
        django.setup()
    return tuple(Queue(name, routing_key=name) for name in names())


# Celery is configured before Django's applications are loaded, and so before an effect is declared.
QUEUES: Any = SimpleLazyObject(_queues)
