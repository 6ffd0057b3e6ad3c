"""Proof of delivery: every post of the last two days reached everyone it was owed to, or an alarm is raised."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q

from app.audit import conservation, publication
from app.blog.models import Post
from owed import proof
from owed.models import Effect

WITHIN = timedelta(hours=48)
GRACE = timedelta(minutes=15)


def prove(*, now: datetime) -> None:
    """Check every recent post, and store and log what cannot be proved."""
    proof.keep(unproven(now=now))


def unproven(*, now: datetime) -> dict[str, str]:
    """Return why a recent post's delivery is not proved, by subject."""
    since = now - min(WITHIN, settings.OWED_RETENTION)
    found: dict[str, list[str]] = defaultdict(list)
    for about, tasks in conservation.never_owed(since).items():
        found[about] += [f"{task} was never owed" for task in tasks]
    recent = {f"post:{pk}" for pk in Post.objects.public().filter(published_at__gt=since).values_list("pk", flat=True)}
    for about, task, state in _unfinished(recent, now - GRACE):
        found[about].append(f"{task} is {state}")
    for balance in conservation.sends():
        about = balance.about.partition(" of ")[2]
        if balance.wrong and about in recent:
            found[about] += balance.wrong
    for balance in (*conservation.digests(), *conservation.calls()):
        found[balance.about] += balance.wrong
    return {about: "; ".join(dict.fromkeys(why)) for about, why in sorted(found.items()) if why}


def _unfinished(subjects: set[str], before: datetime) -> list[tuple[str, str, str]]:
    # What a person holds or has paused is not late: it waits for that person.
    late = Q(state="dead") | Q(finished_at=None, due_at__lt=before) & ~Q(state__in=["held", "paused"])
    names = publication.names(consequences=True)
    rows = Effect.objects.filter(late, about__in=subjects, task__in=names).order_by("pk")
    return [(about, names[task], state) for about, task, state in rows.values_list("about", "task", "state")]
