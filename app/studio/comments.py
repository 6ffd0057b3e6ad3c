"""Moderation: guests' comments are held here; approved ones can be hidden again, and each can be answered."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from app.blog import moderation
from app.blog.errors import Refused
from app.blog.models import Comment, CommentStatus
from app.blog.models.comment import CommentQuerySet
from app.site import limits
from app.studio.access import WriterRequest, writers
from app.studio.comment_filters import CommentFilterForm, filter_of, mine

PAGE = 30
UNDO = "comments_undo"
"""Where the session keeps what the last judgement of several can be taken back to, until the list has offered it."""


JOINED = ("author__profile", "post", "parent__author__profile")


@dataclass(frozen=True, kw_only=True)
class Answering:
    """A reply that could not be sent: to which comment, what was typed, and why."""

    comment_id: int
    typed: str
    error: str


@require_GET
@writers
def comments(request: WriterRequest) -> HttpResponse:
    """List the comments that the user may judge, by status; held ones come first."""
    return list_comments(request, CommentFilterForm(request.GET))


def list_comments(request: WriterRequest, narrowed: CommentFilterForm, answering: Answering | None = None) -> HttpResponse:
    found, status = narrowed.of(mine(request)), narrowed.status_shown
    shown = found.filter(status=status).select_related(*JOINED).order_by("-pk")
    if answering:
        # Its row may be on another page, or under another status by now: what was typed is shown again in any case.
        shown = mine(request).filter(pk=answering.comment_id).select_related(*JOINED).order_by("-pk")
    about = {
        "page": Paginator(shown, PAGE).get_page(request.GET.get("page")),
        "filters": filters(found),
        "status": status,
        "narrowed": narrowed,
        "post_shown": narrowed.post_in(mine(request)),
        "undo": _undo(request),
        "answering": answering,
        "longest": limits.COMMENT,
    }
    return render(request, "studio/comments.html", about, status=422 if answering else 200)


def _undo(request: WriterRequest) -> list[tuple[str, str | Promise, list[int]]]:
    """Return what the last judgement can be taken back to: status, its label, comments. It is offered once."""
    before: dict[str, list[int]] = request.session.pop(UNDO, {})
    return [(status, CommentStatus(status).label, ids) for status, ids in before.items() if status in CommentStatus.values]


@require_POST
@writers
def change_status(request: WriterRequest, pk: int) -> HttpResponse:
    """Give a comment the status that the pressed button names. Answers htmx with its row and the counts."""
    comment = judged_comment(request, pk)
    status = request.POST.get("status", "")
    try:
        check_status(status)
        moderation.judge(comment, status)
    except Refused as error:
        messages.error(request, str(error))
        return _reload(request)
    if not request.htmx:
        return back(request)
    narrowed = filter_of(request)
    about = {"comment": comment, "filters": filters(narrowed.of(mine(request))), "narrowed": narrowed}
    return render(request, "studio/comment_judged.html", {**about, "longest": limits.COMMENT})


def judged_comment(request: WriterRequest, pk: int) -> Comment:
    """Return a comment that the user may judge. Raises Http404, PermissionDenied."""
    comment = get_object_or_404(Comment.objects.select_related("post", "author__profile", "parent__author__profile"), pk=pk)
    if not request.user.can_moderate(comment.post):
        raise PermissionDenied
    return comment


def check_status(status: str) -> None:
    """Raises Refused."""
    if status not in CommentStatus.values:
        raise Refused(_("Choose a status from the list."))


def filters(judged: CommentQuerySet) -> list[tuple[str, str | Promise, int]]:
    """Return each status, its label and how many of these comments have it."""
    counts = dict(judged.values_list("status").annotate(number=Count("pk")).order_by("status"))
    return [(value, str(label), counts.get(value, 0)) for value, label in CommentStatus.choices]


def back(request: WriterRequest) -> HttpResponse:
    """Return to the list as it was filtered."""
    return redirect(f"{reverse('studio:comments')}?{filter_of(request).query}")


def _reload(request: WriterRequest) -> HttpResponse:
    """Let htmx reload the list, which shows the message."""
    return HttpResponse(headers={"HX-Refresh": "true"}) if request.htmx else back(request)
