"""System checks: what would quietly break the promises is said before the start."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.apps import apps
from django.core.checks import CheckMessage, Error, Warning, register
from django.db import connections, router

from . import registry
from .conf import lease_margin
from .declaration import GRACE, SLICE


@register("owed")
def database_keeps_promises(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """Refuse a database other than PostgreSQL: the ledger's statements and its proofs are for it."""
    vendors = {alias: connections[alias].vendor for alias in connections}
    return [
        Error(f"The ledger needs PostgreSQL; {alias} is {vendor}.", hint="Set DATABASE_URL.", id="owed.E001")
        for alias, vendor in vendors.items()
        if alias == "default" and vendor != "postgresql"
    ]


@register("owed")
def ledger_is_in_default(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """Refuse a router that sends the ledger's tables elsewhere, and warn where models are: no transaction covers both."""
    from .models import Effect

    elsewhere = sorted({router.db_for_write(each) for each in apps.get_models()} - {"default"})
    if router.db_for_write(Effect) != "default" or not router.allow_migrate_model("default", Effect):
        return [
            Error("A database router sends the ledger away from default.", hint="Let it keep the app owed.", id="owed.E009")
        ]
    if elsewhere:
        said = f"Models are written to {', '.join(elsewhere)}: no effect can be owed in a transaction there."
        return [Warning(said, hint="Owe effects in a transaction of default.", id="owed.W002")]
    return []


@register("owed")
def leases_outlast_their_owners(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """Refuse a lease that ends before Celery has killed its owner: two attempts would run side by side."""
    margin = lease_margin()
    if margin > GRACE + SLICE:
        return []
    said = f"Leases end {margin:g} s after the timeout, and Celery kills after {GRACE + SLICE:g} s."
    return [Error(said, hint="Raise OWED_LEASE_MARGIN.", id="owed.E002")]


@register("owed")
def effects_are_declared(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """Warn where this process can run nothing, after it has looked where a worker looks."""
    registry.load()
    if registry.names():
        return []
    return [Warning("No effect has a body in this process.", hint="Import the modules that bind them.", id="owed.W001")]


@register("owed")
def each_effect_has_one_body(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """Refuse an effect that nothing would ever run, or that two bodies claim. A process that binds none may only record."""
    registry.load()
    if not registry.names():
        return []
    return [problem for each in registry.declared() if (problem := _problem_with_bodies(each.name, registry.bodies(each)))]


def _problem_with_bodies(name: str, bodies: list[registry.Body]) -> CheckMessage | None:
    if not bodies:
        hint = "Bind one with @<declaration>.runs, in a module that this process imports."
        return Error(f"The effect {name} has no body: what is owed of it would wait.", hint=hint, id="owed.E003")
    if len(bodies) > 1:
        places = " and ".join(map(registry.place, bodies))
        return Error(f"The effect {name} has {len(bodies)} bodies: {places}.", hint="Bind one of them.", id="owed.E004")
    return None


@register("owed")
def each_name_is_one_effects(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """Refuse two effects of one name, former names included."""
    hint = "Rename one, and name the old one in formerly=."
    return [
        Error(f"Two effects are named {name}: {first} and {second}.", hint=hint, id="owed.E005")
        for name, first, second in registry.clashes()
    ]
