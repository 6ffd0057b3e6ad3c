"""Effects that failed for good, for those who keep the site running."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy

from app.accounts.models import User
from app.webhooks import effects
from app.webhooks.events.base import Event, News
from owed.models import Effect
from owed.signals import effects_died

ERROR = 150


class EffectDead(Event):
    name = "effect.dead"
    label = gettext_lazy("An effect failed for good")
    signal = effects_died
    gathers = True

    def read(self, said: Mapping[str, Any]) -> News | None:
        """Leave out the calls themselves: one that fails would owe another call, which fails as well."""
        others = Effect.objects.filter(pk__in=said["ids"]).exclude(task__in=effects.OURS)
        found = list(others.order_by("pk").values_list("pk", flat=True))
        return News(subjects=found) if found else None

    def is_open_to(self, user: User) -> bool:
        return user.is_operator

    def data(self, subjects: Sequence[int], facts: dict[str, Any]) -> dict[str, Any] | None:
        # One that a person has retried meanwhile is not reported.
        dead = list(Effect.objects.dead().filter(pk__in=subjects).order_by("pk"))
        return {"effects": [_said(each) for each in dead]} if dead else None


def _said(effect: Effect) -> dict[str, Any]:
    return {
        "id": effect.pk,
        "effect": effect.task,
        "about": effect.about,
        "attempts": effect.attempt,
        "outcome": effect.outcome,
        "error": effect.error[:ERROR],
        "url": f"{settings.SITE_URL}/studio/effects/{effect.pk}/",
    }
