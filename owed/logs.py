"""Turn the engine's signals into log lines: constant events, facts attached."""

from __future__ import annotations

import logging
from typing import Any
from uuid import UUID

from django.dispatch import receiver

from .claiming import Claimed
from .signals import effect_claimed, effect_settled, effects_acted, effects_swept

logger = logging.getLogger("owed")

LEVELS = {"done": logging.INFO, "later": logging.INFO, "retry": logging.WARNING, "lost": logging.WARNING, "dead": logging.ERROR}


@receiver(effect_claimed, dispatch_uid="effects.log_claimed")
def log_claimed(sender: object, effect: Claimed, hint: UUID, **kwargs: Any) -> None:
    logger.debug("effect claimed", extra={**_facts(effect), "hint": str(hint)})


@receiver(effect_settled, dispatch_uid="effects.log_settled")
def log_settled(sender: object, effect: Claimed, outcome: str, why: str, seconds: float, traceback: str, **kwargs: Any) -> None:
    said = {name: text for name, text in (("why", why), ("traceback", traceback)) if text}
    facts = {**_facts(effect), "seconds": round(seconds, 3), **said}
    logger.log(LEVELS[outcome], f"effect {outcome}", extra=facts)


@receiver(effects_swept, dispatch_uid="effects.log_swept")
def log_swept(sender: object, ready: int, dead: int, rung: bool, **kwargs: Any) -> None:
    logger.info("effects swept", extra={"ready": ready, "dead": dead, "rung": rung})


@receiver(effects_acted, dispatch_uid="effects.log_acted")
def log_acted(sender: object, verb: str, number: int, by: str, reason: str, **which: Any) -> None:
    which.pop("signal", None)
    logger.info("effects acted on", extra={"verb": verb, "number": number, "by": by, "reason": reason, **which})


def _facts(effect: Claimed) -> dict[str, object]:
    return {"task": effect.task, "effect": f"e{effect.id}", "attempt": effect.attempt, "about": effect.about}
