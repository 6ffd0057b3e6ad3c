"""A signal's payload as small scalars, and back: what a durable handler is given later, in another process."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, is_dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db.models import Model
from django.dispatch import Signal
from django.utils.module_loading import import_string

from app.dispatch.names import UnknownSignal, known_signals

SCALARS = (bool, int, float, str, type(None))
READERS: dict[str, Callable[[Any], Any]] = {
    "path": import_string,
    "json": json.loads,
    "set": set,
    "datetime": datetime.fromisoformat,
    "UUID": UUID,
}
RESERVED = {"about", "countdown"}
"""Names that the ledger keeps for itself."""


class CannotTravel(TypeError):
    """A durable handler is given ids, scalars and frozen dataclasses; this value is not one of them."""


class SubjectGone(LookupError):
    """An object that the signal was about does not exist any more."""


def pack(payload: Mapping[str, Any]) -> dict[str, Any]:
    """Return the payload as arguments of an effect: post=<Post 12> becomes {"post@blog.post": 12}. Raises CannotTravel."""
    return dict(_packed(name, value) for name, value in payload.items())


def unpack(args: Mapping[str, Any]) -> dict[str, Any]:
    """Return the payload again, its objects as the database has them now. Raises SubjectGone."""
    return dict(_unpacked(name, value) for name, value in args.items())


def subject(payload: Mapping[str, Any]) -> str:
    """Return what the event is about, such as "post:12": the first object, or the first id by name; else nothing."""
    for name, value in payload.items():
        if isinstance(value, Model):
            return f"{value._meta.model_name}:{value.pk}"
        if name.endswith("_id") and isinstance(value, int):
            return f"{name.removesuffix('_id')}:{value}"
    return ""


def signal_path(signal: Signal) -> str:
    """Return the signal's dotted name, by which another process finds it. Raises UnknownSignal."""
    found = next((name for name, known in known_signals() if known is signal), None)
    if found is None:
        raise UnknownSignal("a durable handler needs a signal that a module called `signals` holds")
    return found


def _packed(name: str, value: Any) -> tuple[str, Any]:
    if isinstance(value, Model) and value.pk is not None:
        return f"{name}@{value._meta.label_lower}", value.pk
    if isinstance(value, Signal):
        return f"{name}@path", signal_path(value)
    if isinstance(value, type):
        return f"{name}@path", _path(value)
    if is_dataclass(value) and not isinstance(value, type):
        return f"{name}@{_path(type(value))}", json.dumps(asdict(value))
    if isinstance(value, datetime | UUID):
        return f"{name}@{type(value).__name__}", str(value)
    if isinstance(value, set | frozenset):
        return f"{name}@set", sorted(value)
    if name in RESERVED or not _plain(value):
        return f"{name}@json", _json(name, value)
    return name, list(value) if isinstance(value, tuple) else value


def _unpacked(key: str, value: Any) -> tuple[str, Any]:
    name, _, kind = key.partition("@")
    if not kind:
        return name, value
    if kind in READERS:
        return name, READERS[kind](value)
    if kind.count(".") == 1 and kind.islower():
        return name, _found(kind, value)
    return name, _rebuilt(import_string(kind), json.loads(value))


def _found(label: str, pk: Any) -> Model:
    found: Model | None = apps.get_model(label)._base_manager.filter(pk=pk).first()
    if found is None:
        raise SubjectGone(f"{label} {pk}")
    return found


def _rebuilt(kind: type, fields: dict[str, Any]) -> Any:
    """Return the dataclass; JSON knows lists where it had tuples."""
    return kind(**{name: tuple(value) if isinstance(value, list) else value for name, value in fields.items()})


def _plain(value: Any) -> bool:
    values = value if isinstance(value, list | tuple) else (value,)
    return all(isinstance(each, SCALARS) for each in values)


def _json(name: str, value: Any) -> str:
    try:
        return json.dumps(value)
    except TypeError as error:
        raise CannotTravel(f"{name}={type(value).__name__}: {CannotTravel.__doc__}") from error


def _path(kind: type) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"
