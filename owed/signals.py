"""What the engine says about itself. Receivers get scrubbed facts only."""

from django.dispatch import Signal

effect_claimed = Signal()  # effect: Claimed, hint: UUID
effect_settled = Signal()  # effect: Claimed, outcome: done|retry|later|dead|lost, why: str, seconds: float
effects_swept = Signal()  # ready: int, dead: int, rung: bool
