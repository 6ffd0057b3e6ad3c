"""Declare what the clock owes: schedule(prune.si(), every=3600). Each becomes a row, which an operator may change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from django.conf import settings

from .timing import Timing

if TYPE_CHECKING:
    from .declaration import Signature

Missed = Literal["once", "skip"]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A schedule as the code has it: what it is called, what it owes, and when."""

    name: str
    task: str
    args: Mapping[str, Any]
    why: str
    cron: str
    zone: str | None
    every: int | None
    missed: Missed

    @property
    def timing(self) -> Timing:
        """Return when it runs; by default in the project's time zone."""
        return Timing(cron=self.cron, zone=self.zone or settings.TIME_ZONE, every=self.every)

    @property
    def fields(self) -> dict[str, Any]:
        """Return the fields of its row."""
        timing = self.timing
        times = {"cron": timing.cron, "zone": timing.zone, "every": timing.every, "missed": self.missed}
        return {"task": self.task, "args": dict(self.args), **times}


_plans: dict[str, Plan] = {}


def schedule(
    signature: Signature,
    *,
    cron: str = "",
    zone: str | None = None,
    every: int | None = None,
    missed: Missed = "once",
    why: str = "",
    name: str = "",
) -> None:
    """Owe this call again and again: by a cron expression in a time zone, or every so many seconds.

    `missed` says what becomes of times that passed while no scheduler ran: "once" makes up for all of them with one run,
    "skip" leaves them out. `name` is the effect's unless given, and unique. Call it where effects are declared or bound.
    Raises BadTiming where the schedule is first used.
    """
    plan = Plan(
        name=name or signature.effect.name,
        task=signature.effect.name,
        args=dict(signature.args),
        why=why,
        cron=cron,
        zone=zone,
        every=every,
        missed=missed,
    )
    _plans[plan.name] = plan


def declared() -> list[Plan]:
    """Return what the code schedules, in order of name."""
    return sorted(_plans.values(), key=lambda plan: plan.name)


def find(name: str) -> Plan | None:
    return _plans.get(name)


def drop(name: str) -> None:
    """Forget a schedule; its row stays, and no scheduler of this release runs it."""
    _plans.pop(name, None)
