"""Moderation: guests' comments are held here; approved ones can be hidden again."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from app.blog.errors import AlreadyApproved, Refused
from app.blog.models import Comment, CommentStatus
from app.blog.models.comment import CommentQuerySet
from app.studio.access import WriterRequest, writers

PAGE = 30


@require_GET
@writers
def comments(request: WriterRequest) -> HttpResponse:
    """List the comments that the user may judge, by status; held ones come first."""
    mine = Comment.objects.moderated_by(request.user)
    status = request.GET.get("status", "")
    wanted = CommentStatus(status) if status in CommentStatus.values else CommentStatus.HELD
    shown = mine.filter(status=wanted).select_related("author__profile", "post", "parent__author__profile").order_by("-pk")
    about = {
        "page": Paginator(shown, PAGE).get_page(request.GET.get("page")),
        "filters": filters(mine),
        "status": wanted.value,
    }
    return render(request, "studio/comments.html", about)


@require_POST
@writers
def change_status(request: WriterRequest, pk: int) -> HttpResponse:
    """Give a comment the status that the pressed button names. Answers htmx with its row and the counts."""
    comment = get_object_or_404(Comment.objects.select_related("post", "author__profile", "parent__author__profile"), pk=pk)
    if not request.user.can_moderate(comment.post):
        raise PermissionDenied
    try:
        _set_status(comment, request.POST.get("status", ""))
    except Refused as error:
        messages.error(request, str(error))
        return _reload(request)
    if not request.htmx:
        return redirect("studio:comments")
    about = {"comment": comment, "filters": filters(Comment.objects.moderated_by(request.user))}
    return render(request, "studio/comment_judged.html", about)


def filters(judged: CommentQuerySet) -> list[tuple[str, str | Promise, int]]:
    """Return each status, its label and how many of these comments have it."""
    counts = dict(judged.values_list("status").annotate(number=Count("pk")).order_by("status"))
    return [(value, str(label), counts.get(value, 0)) for value, label in CommentStatus.choices]


def _set_status(comment: Comment, status: str) -> None:
    """Raises Refused. A comment that has the status already is left alone: two editors may press the same button."""
    if status not in CommentStatus.values:
        raise Refused(_("Choose a status from the list."))
    if status != CommentStatus.APPROVED:
        comment.set_aside(status)
        return
    try:
        comment.approve()
    except AlreadyApproved:
        comment.refresh_from_db(fields=["status"])


def _reload(request: WriterRequest) -> HttpResponse:
    """Let htmx reload the list, which shows the message."""
    return HttpResponse(headers={"HX-Refresh": "true"}) if request.htmx else redirect("studio:comments")
