"""The history of a post: its revisions, what each changed, and the way back."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from app.blog import revisions as history
from app.blog.errors import Refused
from app.blog.models import Post, Revision
from app.studio.access import WriterRequest, editable_post, writers
from app.studio.comparison import Difference, differences
from app.studio.publication import say

PAGE = 50


@require_GET
@writers
def revisions(request: WriterRequest, pk: int) -> HttpResponse:
    """List the kept revisions of a post, newest first."""
    post = editable_post(request, pk)
    found = Revision.objects.filter(post=post).select_related("saved_by__profile").defer("content", "excerpt")
    page = Paginator(found.order_by("-number"), PAGE).get_page(request.GET.get("page"))
    return render(request, "studio/revisions.html", {"post": post, "page": page, "most": history.MOST})


@require_GET
@writers
def revision(request: WriterRequest, pk: int, number: int) -> HttpResponse:
    """Show one revision: what it changed, or with `?against=now` what the post says today."""
    post = editable_post(request, pk)
    kept = Revision.objects.filter(post=post).select_related("saved_by__profile")
    shown = get_object_or_404(kept, number=number)
    older = kept.filter(number__lt=number).order_by("-number").first()
    against_now = request.GET.get("against") == "now" or older is None
    about = {
        "post": post,
        "revision": shown,
        "older": older,
        "newer": kept.filter(number__gt=number).order_by("number").first(),
        "against_now": against_now,
        "differences": _compare(shown, post) if against_now else _compare(older, shown),
        "is_current": text_of(shown) == text_of(post),
    }
    return render(request, "studio/revision.html", about)


@require_POST
@writers
def restore(request: WriterRequest, pk: int, number: int) -> HttpResponse:
    """Bring a revision back, as a new one, where the post is still the one that the page showed."""
    post = editable_post(request, pk)
    wanted = get_object_or_404(Revision, post=post, number=number)
    seen = request.POST.get("revision", "")[:9]
    try:
        changed = history.restore(post, wanted, expected_revision=int(seen) if seen.isdecimal() else 0)
    except Refused as error:
        messages.error(request, str(error))
        return redirect("studio:revision", pk, number)
    say(request, _("Revision %(number)d is restored.") % {"number": number} if changed else _("The post says this already."))
    return redirect("studio:edit", pk)


def text_of(source: Post | Revision) -> dict[str, str]:
    """Return the text by field."""
    return {"title": source.title, "excerpt": source.excerpt, "content": source.content}


def _compare(before: Post | Revision | None, after: Post | Revision) -> list[Difference]:
    return differences(text_of(before) if before else {}, text_of(after))
