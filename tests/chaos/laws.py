"""What must hold at the end, by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class Broken(Exception):
    """A law does not hold: something was lost, doubled or stale, came out of nowhere, or took too long."""

    def __init__(self, verdict: dict[str, Any]) -> None:
        super().__init__("; ".join(f"{name}: {value}" for name, value in verdict.items()))
        self.verdict = verdict


def hold(facts: Mapping[str, Any], laws: Mapping[str, bool]) -> dict[str, Any]:
    """Return the facts and that nothing is wrong. Raises Broken."""
    wrong = [law for law, holds in laws.items() if not holds]
    verdict = {**facts, "laws": len(laws), "wrong": wrong}
    if wrong:
        raise Broken(verdict)
    return verdict


def nothing_lost(verdict: Mapping[str, Any]) -> dict[str, bool]:
    """Return what the judge's verdict must say of what has promised everything."""
    return {f"{name} 0": not verdict[name] for name in ("lost", "doubled", "stale", "phantom")}
