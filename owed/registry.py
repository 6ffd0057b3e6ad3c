"""The effects that this process knows, and the bodies that it can run, by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.dispatch import Signal
from django.utils.module_loading import autodiscover_modules

from .outcomes import UnknownEffect

if TYPE_CHECKING:
    from .declaration import Declaration

Body = Callable[..., object]

body_bound = Signal()  # declaration: Declaration; what runs bodies elsewhere, such as Celery, makes a task of each

_by_name: dict[str, Declaration[Any]] = {}
_bodies: dict[str, list[Body]] = {}
_clashes: list[tuple[str, str, str]] = []


def load() -> None:
    """Import the module `tasks` of each app, as a Celery worker does, so that bodies are bound in this process."""
    autodiscover_modules("tasks")


def declare(declaration: Declaration[Any]) -> None:
    """Know the effect by its name and by those that it had. The last one declared under a name is the one in force."""
    for name in declaration.names:
        known = _by_name.get(name)
        if known is not None and known.place != declaration.place:
            # Kept for the system checks: raising here would hide which other module declared the name.
            _clashes.append((name, known.place, declaration.place))
        _by_name[name] = declaration


def bind(declaration: Declaration[Any], body: Body) -> None:
    """Let this body run what is owed under the declaration's names."""
    # A module that is imported again, as by a reloader, replaces its own body and makes no second one.
    others = [each for each in _bodies.get(declaration.name, []) if place(each) != place(body)]
    _bodies[declaration.name] = [*others, body]
    body_bound.send(sender=type(declaration), declaration=declaration)


def drop(name: str) -> None:
    """Forget the effect; what is owed under its name waits until it is declared again."""
    for each in declaration.names if (declaration := _by_name.get(name)) else ():
        _by_name.pop(each, None)
    _bodies.pop(name, None)


def find(name: str) -> Declaration[Any] | None:
    """Return the effect of this name, or the one that was called so."""
    return _by_name.get(name)


def get(name: str) -> Declaration[Any]:
    """Return the effect of this name, or the one that was called so. Raises UnknownEffect."""
    try:
        return _by_name[name]
    except KeyError:
        raise UnknownEffect(f"no effect {name!r} is declared; is the module that declares it imported?") from None


def declared() -> list[Declaration[Any]]:
    """Return all that are declared, in order of name."""
    return sorted({id(each): each for each in _by_name.values()}.values(), key=lambda each: each.name)


def names() -> list[str]:
    """Return the names under which this process can run what is owed, former ones among them."""
    return sorted(name for name, declaration in _by_name.items() if declaration.name in _bodies)


def body(declaration: Declaration[Any]) -> Body:
    """Return what does the effect's work. Raises UnknownEffect."""
    try:
        return _bodies[declaration.name][-1]
    except KeyError:
        raise UnknownEffect(f"no body is bound to {declaration.name!r} in this process") from None


def bodies(declaration: Declaration[Any]) -> list[Body]:
    """Return every body that is bound: more than one is an error of the project, which the system checks name."""
    return list(_bodies.get(declaration.name, []))


def clashes() -> list[tuple[str, str, str]]:
    """Return each name that two declarations have, and where they are."""
    return list(_clashes)


def place(function: Body) -> str:
    """Return where a function is defined, such as "shop.tasks.send"."""
    return f"{function.__module__}.{getattr(function, '__qualname__', type(function).__name__)}"
