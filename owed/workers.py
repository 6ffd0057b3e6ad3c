"""The workers that are seen, and what each runs now, from their signs of life."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from .models import Effect, Heartbeat, State

SILENT = timedelta(seconds=30)
FORGOTTEN = timedelta(minutes=15)
"""After which a worker that said nothing more is not shown: it was stopped."""
MOST = 50
"""Runs of one worker that are looked up."""


@dataclass(frozen=True, kw_only=True)
class Run:
    """A hint that a process of the worker has, and those of its effects that run at this moment."""

    task: str
    pid: int | None
    since: datetime | None
    effects: Sequence[Effect]


@dataclass(frozen=True, kw_only=True)
class Worker:
    """A worker by its name; `host`, `pid` and `since` are unknown of one of an earlier release."""

    name: str
    host: str
    pid: int | None
    queues: Sequence[str]
    since: datetime | None
    seen: datetime
    silent: bool
    runs: Sequence[Run]


def workers(now: datetime) -> list[Worker]:
    """Return the workers that were seen lately, in order of name."""
    seen = list(Heartbeat.objects.filter(at__gte=now - FORGOTTEN).order_by("worker"))
    hints = [run["hint"] for each in seen for run in (each.facts or {}).get("runs", [])[:MOST]]
    running = Effect.objects.filter(finished_at=None, state=State.RUNNING, hint__in=hints) if hints else Effect.objects.none()
    by_hint: dict[str, list[Effect]] = {}
    for effect in running.order_by("pk"):
        by_hint.setdefault(str(effect.hint), []).append(effect)
    return [_worker(each, by_hint, now) for each in seen]


def _worker(seen: Heartbeat, by_hint: Mapping[str, Sequence[Effect]], now: datetime) -> Worker:
    facts: Mapping[str, Any] = seen.facts or {}
    return Worker(
        name=seen.worker,
        host=facts.get("host") or seen.worker.partition("@")[2] or seen.worker,
        pid=facts.get("pid"),
        queues=facts.get("queues", []),
        since=_moment(facts.get("since")),
        seen=seen.at,
        silent=now - seen.at > SILENT,
        runs=[_run(run, by_hint) for run in facts.get("runs", [])[:MOST]],
    )


def _run(run: Mapping[str, Any], by_hint: Mapping[str, Sequence[Effect]]) -> Run:
    effects = by_hint.get(run["hint"], [])
    return Run(task=run["task"], pid=run.get("pid"), since=_moment(run.get("since")), effects=effects)


def _moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
