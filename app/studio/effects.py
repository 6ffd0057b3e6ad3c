"""The list of effects for operators: what is late, what failed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from app.blog.models import Post
from app.studio.access import WriterRequest, lookers
from app.studio.bounded_pages import BoundedPaginator
from app.studio.post_effects import KINDS
from owed import broker
from owed.acting import VERBS
from owed.filters import BadFilter, Filter
from owed.heartbeat import silence
from owed.models import Effect, State
from owed.unknown import unknown

PAGE = 50
NOT_TAKEN = 30.0  # seconds that work is due without a worker that begins any of its queue


@require_GET
@lookers
def effects(request: WriterRequest) -> HttpResponse:
    """List effects, newest first, with the backlog of each queue; asked by htmx, only the backlog."""
    if request.htmx:
        return render(request, "studio/backlog.html", backlog())
    try:
        asked, complaint = Filter.asked(request.GET), ""
    except BadFilter as bad:
        asked, complaint = Filter(), str(bad)
    shown = asked.effects().order_by("-pk")
    page = BoundedPaginator(shown, PAGE).get_page(request.GET.get("page"))
    operates = request.user.is_operator
    acts = {"operates": operates, "looks_only": not operates, "verbs": VERBS.values() if operates else []}
    listed = {"page": page, "existing": existing(page), "states": State.choices, "kinds": KINDS, **acts}
    return render(request, "studio/effects.html", {"filter": asked, "complaint": complaint, **listed, **backlog()})


def existing(effects: Iterable[Effect]) -> set[str]:
    """Return which subjects are posts that still exist: the others have no page of their own."""
    named = {effect.about.removeprefix("post:") for effect in effects if effect.about.startswith("post:")}
    posts = Post.objects.filter(pk__in=[key for key in named if key.isdecimal()])
    return {f"post:{pk}" for pk in posts.values_list("pk", flat=True)}


def backlog() -> dict[str, Any]:
    """Return what each queue owes, and how long the workers have been silent."""
    rows = Effect.objects.backlog()
    return {
        "queues": [(KINDS.get(row.queue, row.queue), row) for row in rows],
        "dead": sum(row.dead for row in rows),
        "silence": silence(),
        "untaken": [KINDS.get(name, name) for name in Effect.objects.untaken(NOT_TAKEN)],
        "broker": broker.check.complaint(),
        "unknown": unknown(),
    }
