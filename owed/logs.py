"""Turn the engine's signals into log lines: constant events, facts attached."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.dispatch import receiver

from .claiming import Claimed
from .signals import effect_settled, effects_acted, effects_claimed, effects_done, effects_swept

logger = logging.getLogger("owed")

LEVELS = {"done": logging.INFO, "later": logging.INFO, "retry": logging.WARNING, "lost": logging.WARNING, "dead": logging.ERROR}


@receiver(effects_claimed, dispatch_uid="effects.log_claimed")
def log_claimed(sender: object, effects: Sequence[Claimed], hint: UUID, **kwargs: Any) -> None:
    for effect in effects if logger.isEnabledFor(logging.DEBUG) else ():
        logger.debug("effect claimed", extra=_facts(effect))


@receiver(effect_settled, dispatch_uid="effects.log_settled")
def log_settled(sender: object, effect: Claimed, outcome: str, why: str, seconds: float, traceback: str, **kwargs: Any) -> None:
    said = {name: text for name, text in (("why", why), ("traceback", traceback)) if text}
    facts = {**_facts(effect), "seconds": round(seconds, 3), **said}
    logger.log(LEVELS[outcome], f"effect {outcome}", extra=facts)


@receiver(effects_done, dispatch_uid="effects.log_done")
def log_done(sender: object, effects: Sequence[Claimed], seconds: float, **kwargs: Any) -> None:
    named = {"task": effects[0].task, "count": len(effects), "first": f"e{effects[0].id}", "last": f"e{effects[-1].id}"}
    logger.info("effects done", extra={**named, "hint": str(effects[0].hint), "seconds": round(seconds, 3)})


@receiver(effects_swept, dispatch_uid="effects.log_swept")
def log_swept(sender: object, ready: int, dead: int, rung: bool, **kwargs: Any) -> None:
    logger.info("effects swept", extra={"ready": ready, "dead": dead, "rung": rung})


@receiver(effects_acted, dispatch_uid="effects.log_acted")
def log_acted(sender: object, verb: str, number: int, by: str, reason: str, **which: Any) -> None:
    which.pop("signal", None)
    logger.info("effects acted on", extra={"verb": verb, "number": number, "by": by, "reason": reason, **which})


def _facts(effect: Claimed) -> dict[str, object]:
    began = {"origin": effect.origin} if effect.origin else {}
    named = {"task": effect.task, "effect": f"e{effect.id}", "attempt": effect.attempt, "about": effect.about}
    return {**named, "hint": str(effect.hint), **began}
