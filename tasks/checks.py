"""System checks: every receiver of the switchboard is connected, and once."""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from django.core.checks import CheckMessage, Error, register
from django.dispatch import Signal

from app.accounts import signals as account_signals
from app.blog import signals as blog_signals
from app.site import signals as site_signals
from tasks import receivers


@register("tasks")
def every_receiver_is_connected_once(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """Compare the functions of the switchboard with what the public signals would call."""
    counted = Counter(connected())
    return [
        Error(f"{name} is connected {counted[name]} times, not once.", hint="See tasks/receivers.py.", id="tasks.E001")
        for name in switchboard()
        if counted[name] != 1
    ]


def switchboard() -> list[str]:
    """Return the names of the receivers on the page."""
    functions = inspect.getmembers(receivers, inspect.isfunction)
    return [name for name, each in functions if each.__module__ == receivers.__name__ and not name.startswith("_")]


def connected() -> Iterator[str]:
    """Yield the name of a receiver of the switchboard for each of its connections; its dispatch_uid is tasks.<name>."""
    uids = (entry[0][0] for signal in public_signals() for entry in signal.receivers)
    yield from (uid.removeprefix("tasks.") for uid in uids if isinstance(uid, str) and uid.startswith("tasks."))


def public_signals() -> list[Signal]:
    modules = (account_signals, blog_signals, site_signals)
    return [value for module in modules for _, value in inspect.getmembers(module) if isinstance(value, Signal)]
