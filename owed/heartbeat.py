"""The sweepers' sign of life, by the database's clock."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from . import registry, sql

# Not more often than every few seconds: each update leaves a dead row for vacuum.
BEAT = """
INSERT INTO effects_heartbeat (worker, at, names, facts) VALUES (%s, clock_timestamp(), %s::jsonb, %s::jsonb)
ON CONFLICT (worker) DO UPDATE SET at = excluded.at, names = excluded.names, facts = excluded.facts
WHERE effects_heartbeat.at < excluded.at - interval '4 seconds'
"""
AGE = "SELECT extract(epoch FROM clock_timestamp() - max(at))::float8 FROM effects_heartbeat WHERE worker LIKE %s"


AGE_ON = """
SELECT extract(epoch FROM clock_timestamp() - max(at))::float8 FROM effects_heartbeat WHERE facts->>'host' = %s
"""


FORGET = "DELETE FROM effects_heartbeat WHERE at < clock_timestamp() - interval '1 day'"


def beat(worker: str, facts: Mapping[str, Any] | None = None) -> None:
    """Say that this worker's sweeper lives, and what it knows and runs; written at most every four seconds."""
    sql.run(BEAT, [worker[:200], json.dumps(registry.names()), None if facts is None else json.dumps(facts)])


def forget_gone() -> None:
    """Forget workers that were not seen for a day."""
    sql.run(FORGET)


def silence(worker: str = "%") -> float | None:
    """Return seconds since the last sign of life of any matching worker; None if there never was one."""
    age: float | None = sql.value(AGE, [worker])
    return age


def silence_on(host: str) -> float | None:
    """Return seconds since the last sign of life of any worker on this host; None if there never was one."""
    age: float | None = sql.value(AGE_ON, [host])
    return age
