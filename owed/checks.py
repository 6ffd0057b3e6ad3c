"""System checks: what would quietly break the promises is said before the start."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Error, Warning, register
from django.db import connections

from . import registry
from .declaration import GRACE, lease_margin


@register("effects")
def database_keeps_promises(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """Refuse a database other than PostgreSQL: the ledger's statements and its proofs are for it."""
    vendors = {alias: connections[alias].vendor for alias in connections}
    return [
        Error(f"The ledger needs PostgreSQL; {alias} is {vendor}.", hint="Set DATABASE_URL.", id="effects.E001")
        for alias, vendor in vendors.items()
        if alias == "default" and vendor != "postgresql"
    ]


@register("effects")
def leases_outlast_their_owners(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """Refuse a lease that ends before Celery has killed its owner: two attempts would run side by side."""
    margin = lease_margin()
    if margin > GRACE:
        return []
    said = f"Leases end {margin:g} s after the timeout, and Celery kills after {GRACE:g} s."
    return [Error(said, hint="Raise EFFECTS_LEASE_MARGIN.", id="effects.E002")]


@register("effects")
def effects_are_registered(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """Warn where no effect is known: nothing would ever be run."""
    if registry.names():
        return []
    return [Warning("No effect is registered in this process.", hint="Import the modules in tasks/.", id="effects.W001")]
