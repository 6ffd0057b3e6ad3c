"""How a way on which a post reaches people is there: from what needs a look to what is done."""

from __future__ import annotations

FAILED, PAUSED, TRIED_AGAIN, UNDER_WAY, FINE = range(5)
CHIPS = {FAILED: "dead", PAUSED: "paused", TRIED_AGAIN: "waiting", UNDER_WAY: "running", FINE: "done"}
