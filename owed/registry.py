"""The effects that this process knows, by name."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from django.conf import settings

from owed.outcomes import BadArguments, UnknownEffect

Kind = Literal["atomic", "external"]
GRACE = 5
"""Seconds from an effect's timeout to the limit at which Celery kills it."""
SIZE_LIMIT = 2000
KEY_LIMIT = 100


@dataclass(frozen=True, kw_only=True)
class Spec:
    """One effect: its function and how the ledger treats it. Times in seconds."""

    name: str
    function: Callable[..., object]
    kind: Kind = "atomic"
    timeout: float = 60.0
    batch: int = 1
    debounce: float = 0.0
    max_attempts: int = 20
    key: str | None = None
    """The argument that names the subject: of effects with the same, at most one is in flight."""

    def __post_init__(self) -> None:
        if self.key and self.batch > 1:
            raise ValueError(f"{self.name}: a batch has many subjects and no key")
        if self.batch > 1 and self.kind != "atomic":
            raise ValueError(f"{self.name}: a batch must be atomic")
        if self.batch > 1 and len(self.parameters) != 1:
            raise ValueError(f"{self.name}: a batch takes one keyword, a plural")

    @property
    def queue(self) -> str:
        return self.name.partition(".")[0]

    @property
    def lease(self) -> float:
        """Longer than Celery's hard limit, so that no second attempt starts beside a live one."""
        return self.timeout + lease_margin()

    @cached_property
    def signature(self) -> inspect.Signature:
        return inspect.signature(self.function)

    @cached_property
    def _known(self) -> frozenset[str]:
        return frozenset(self.signature.parameters)

    @cached_property
    def _needed(self) -> frozenset[str]:
        return frozenset(each.name for each in self.signature.parameters.values() if each.default is each.empty)

    @property
    def parameters(self) -> list[str]:
        return list(self.signature.parameters)

    def subject(self, args: Mapping[str, Any]) -> str | None:
        """Return what the effect must be alone with, where it has a key."""
        return None if self.key is None else str(args[self.key])[:KEY_LIMIT]

    def check(self, args: Mapping[str, Any]) -> None:
        """Raise BadArguments unless the function can be called with these."""
        problem = self._mismatch(args) or _too_much(args)
        if problem:
            raise BadArguments(f"{self.name}: {problem}")

    def _mismatch(self, args: Mapping[str, Any]) -> str:
        if self.batch > 1:
            singular = self.parameters[0].removesuffix("s")
            return "" if list(args) == [singular] else f"takes {singular}= alone, not {sorted(args)}"
        if self._needed <= args.keys() <= self._known:
            return ""
        try:
            self.signature.bind(**args)
        except TypeError as error:
            return str(error)
        return ""


def _too_much(args: Mapping[str, Any]) -> str:
    for name, value in args.items():
        values = value if isinstance(value, list) else [value]
        if not all(isinstance(each, int | float | str | None) for each in values):
            return f"{name} holds more than ids and small scalars"
    return f"arguments over {SIZE_LIMIT} bytes" if len(json.dumps(args)) > SIZE_LIMIT else ""


def lease_margin() -> float:
    """Return seconds from an effect's timeout to the end of its lease."""
    return float(getattr(settings, "EFFECTS_LEASE_MARGIN", 10))


_specs: dict[str, Spec] = {}


def register(spec: Spec) -> Spec:
    _specs[spec.name] = spec
    return spec


def drop(name: str) -> None:
    """Forget the effect; what is owed under its name waits until somebody registers it again."""
    _specs.pop(name, None)


def find(name: str) -> Spec | None:
    return _specs.get(name)


def get(name: str) -> Spec:
    """Return the effect of this name. Raises UnknownEffect."""
    try:
        return _specs[name]
    except KeyError:
        raise UnknownEffect(f"no effect {name!r} is registered; is its module in tasks/ imported?") from None


def names() -> list[str]:
    return sorted(_specs)
