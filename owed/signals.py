"""What the engine says about itself. Receivers get scrubbed facts, and beside them the error as it was raised."""

from django.dispatch import Signal

effects_claimed = Signal()  # effects: list[Claimed], hint: UUID
# The error is as it was raised, for Sentry and the like: its text may hold what `why` and `traceback` leave out.
# effect: Claimed, outcome: done|retry|later|dead|lost, why: str, seconds: float, error: Exception | None, traceback: str
effect_settled = Signal()
# What a batch has done at once, in place of effect_settled for each.
effects_done = Signal()  # effects: list[Claimed], seconds: float
effects_swept = Signal()  # ready: int, dead: int, rung: bool
# verb: str, number: int, by: str, reason: str, and either filter: dict[str, str] or effects: list[int]
effects_acted = Signal()
# ids: list[int], outcome: discarded|cancelled, reason: str, decided_by: str. Sent in the transaction that ends them.
effects_discarded = Signal()
# ids: list[int]. Sent in the transaction that makes them dead letters; an error of a receiver is logged, and changes nothing.
effects_died = Signal()
