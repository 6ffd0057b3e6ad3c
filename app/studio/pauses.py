"""Pause and resume a queue or a task of the ledger."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from app.studio.access import WriterRequest, operators
from app.studio.post_effects import KINDS
from owed import pausing
from owed.acting import Decision, ReasonNeeded
from owed.models import Effect, Pause


@require_http_methods(["GET", "POST"])
@operators
def pause(request: WriterRequest) -> HttpResponse:
    """Ask for a reason, with the number of effects that would wait; posted, pause the queue or the task."""
    given = request.POST if request.method == "POST" else request.GET
    queue, task = (given.get(name, "").strip()[:100] for name in ("queue", "task"))
    if bool(queue) == bool(task):
        raise Http404
    if request.method == "POST":
        try:
            pausing.pause(queue=queue, task=task, decision=_decision(request))
        except ReasonNeeded:
            messages.error(request, _("Give a reason. It is shown while it is paused."))
        else:
            messages.success(request, _("Paused. What has begun is finished."))
            return redirect("studio:effects")
    number = Effect.objects.pending().filter(Pause(queue=queue, task=task).covers()).count()
    facts = {"queue": queue, "task": task, "number": number, "name": KINDS.get(queue, queue) or task}
    return render(request, "studio/pause.html", facts)


@require_POST
@operators
def resume(request: WriterRequest, pk: int) -> HttpResponse:
    """Let the queue or the task go on."""
    paused = get_object_or_404(Pause, pk=pk)
    pausing.resume(queue=paused.queue, task=paused.task, decision=_decision(request))
    messages.success(request, _("Resumed."))
    return redirect("studio:effects")


def _decision(request: WriterRequest) -> Decision:
    return Decision(by=request.user.get_username(), reason=request.POST.get("reason", ""))
