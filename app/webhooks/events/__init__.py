"""The events that an endpoint may choose. One more is one file in this folder (docs/reference/webhooks.md)."""

from importlib import import_module
from pkgutil import iter_modules

from app.accounts.models import User
from app.webhooks.events.base import Event

TEST = "webhook.test"
"""A call that a person asks for, to see that it arrives. No endpoint chooses it."""
EVENTS: dict[str, Event] = {}


def discover() -> None:
    """Fill EVENTS from the files of this folder."""
    for module in iter_modules(__path__):
        for thing in vars(import_module(f"{__name__}.{module.name}")).values():
            if isinstance(thing, type) and issubclass(thing, Event) and "name" in vars(thing):
                EVENTS[thing.name] = thing()


def open_to(owner: User | None) -> list[Event]:
    """Return what endpoints of this person may choose; the site's own, without an owner, may choose all."""
    return [EVENTS[name] for name in sorted(EVENTS) if owner is None or EVENTS[name].is_open_to(owner)]


discover()
