"""Moderation of several comments at once, and the reply from the list. Every form works without a script."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from app.blog import moderation
from app.blog.errors import Refused
from app.blog.models import Comment, CommentStatus
from app.blog.models.comment import CommentQuerySet
from app.studio.access import WriterRequest, writers
from app.studio.comment_filters import filter_of, mine
from app.studio.comments import UNDO, Answering, back, check_status, judged_comment, list_comments


@require_POST
@writers
def change_many(request: WriterRequest) -> HttpResponse:
    """Give the ticked comments, or all that the page showed, one status. The list then offers to take it back."""
    status = request.POST.get("status", "")
    try:
        check_status(status)
        judged = moderation.judge_many(_chosen(request), status)
    except Refused as error:
        messages.error(request, str(error))
        return back(request)
    if judged.number and "undo" not in request.POST:
        request.session[UNDO] = judged.changed
    messages.success(request, _said(status, judged.number))
    return back(request)


def _chosen(request: WriterRequest) -> CommentQuerySet:
    """Return the comments that are meant. Raises Refused, and PermissionDenied for comments that others judge."""
    named = request.POST.getlist("shown" if "all" in request.POST else "comment")
    ids = {int(each) for each in named if each.isascii() and each.isdecimal() and len(each) < 19}
    if not ids:
        raise Refused(_("Tick the comments that you mean."))
    if len(ids) > moderation.MOST:
        raise Refused(_("At most %(most)s comments can be changed at once.") % {"most": moderation.MOST})
    chosen = mine(request).filter(pk__in=ids)
    if chosen.count() != Comment.objects.filter(pk__in=ids).count():
        raise PermissionDenied
    if "all" in request.POST:
        # What was judged since the page was shown is not meant: spam, say, that a row's own button has filed a moment ago.
        chosen = chosen.filter(status=filter_of(request).status_shown)
    return chosen


def _said(status: str, number: int) -> str:
    texts = {
        CommentStatus.APPROVED: ngettext("%(number)s comment approved.", "%(number)s comments approved.", number),
        CommentStatus.HELD: ngettext("%(number)s comment hidden.", "%(number)s comments hidden.", number),
        CommentStatus.SPAM: ngettext("%(number)s comment filed as spam.", "%(number)s comments filed as spam.", number),
        CommentStatus.DELETED: ngettext("%(number)s comment deleted.", "%(number)s comments deleted.", number),
    }
    return texts[CommentStatus(status)] % {"number": number}


@require_POST
@writers
def reply(request: WriterRequest, pk: int) -> HttpResponse:
    """Answer a comment under the user's own name; the button says whether the comment is approved with it."""
    comment, typed = judged_comment(request, pk), request.POST.get("content", "")
    try:
        moderation.reply(comment, by=request.user, content=typed, publish="publish" in request.POST)
    except (Refused, ValidationError) as error:
        said = error.messages[0] if isinstance(error, ValidationError) else str(error)
        messages.error(request, said)
        return list_comments(request, filter_of(request), Answering(comment_id=pk, typed=typed, error=said))
    messages.success(request, _("Your reply to %(name)s is published.") % {"name": comment.name})
    return back(request)
