"""What an operator's alerts read."""

from __future__ import annotations

import pytest
from django.db import transaction

from owed import record
from owed.contrib import prometheus
from owed.models import Effect
from tests.effects import samples

STATES = ("ready", "waiting", "running", "dead", "done")


@pytest.mark.django_db
@pytest.mark.covers("D22")
def test_count_what_is_owed_what_runs_and_what_is_dead() -> None:
    with transaction.atomic():
        record(*(samples.note.si(n=n) for n in range(len(STATES))))
    for effect, state in zip(Effect.objects.order_by("pk"), STATES, strict=True):
        finished = "2020-01-01T00:00Z" if state in {"dead", "done"} else None
        Effect.objects.filter(pk=effect.pk).update(state=state, finished_at=finished)
    lines = prometheus.render().decode().splitlines()
    for state, count in {"owed": 3, "running": 1, "dead": 1}.items():
        assert f'afterword_effects{{queue="{effect.queue}",state="{state}"}} {count}.0' in lines
