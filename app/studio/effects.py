"""The list of effects for operators: what is late, what failed, and retrying it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from app.blog.models import Post
from app.studio.access import WriterRequest, lookers, operators
from app.studio.post_effects import KINDS
from owed import broker
from owed.dead_letters import replay
from owed.heartbeat import silence
from owed.models import Effect, State

PAGE = 50
AT_ONCE = 500
NOT_TAKEN = 30.0  # seconds that work is due without a worker that begins any of its queue


@require_GET
@lookers
def effects(request: WriterRequest) -> HttpResponse:
    """List effects, newest first, with the backlog of each queue; asked by htmx, only the backlog."""
    if request.htmx:
        return render(request, "studio/backlog.html", backlog())
    state, task, subject = (request.GET.get(name, "").replace("\x00", "").strip()[:100] for name in ("state", "task", "about"))
    shown = Effect.objects.order_by("-pk")
    if state in State.values:
        shown = shown.filter(state=state)
    if task:
        shown = shown.filter(task__startswith=task)
    if subject:
        shown = shown.filter(about=subject)
    page = Paginator(shown, PAGE).get_page(request.GET.get("page"))
    asked = {"state": state, "task": task, "about": subject}
    listed = {
        "page": page,
        "existing": existing(page),
        "states": State.choices,
        "kinds": KINDS,
        "operates": request.user.is_operator,
        "looks_only": not request.user.is_operator,
    }
    return render(request, "studio/effects.html", {**asked, **listed, **backlog()})


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
    }


@require_POST
@operators
def replay_all(request: WriterRequest) -> HttpResponse:
    """Queue dead effects again, the oldest first; of one task if one is named."""
    dead = Effect.objects.filter(state=State.DEAD)
    if task := request.POST.get("task", "").strip():
        dead = dead.filter(task=task)
    number = replay(list(dead.order_by("pk").values_list("pk", flat=True)[:AT_ONCE]))
    messages.success(
        request, ngettext("%(number)d effect queued again.", "%(number)d effects queued again.", number) % {"number": number}
    )
    return redirect("studio:effects")
