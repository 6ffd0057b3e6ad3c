"""A post on its way to readers: submit it for review, say who works on it, and discuss it."""

from __future__ import annotations

from collections.abc import Callable

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from app.accounts.rate_limit import TOO_MANY, may_try
from app.blog.errors import Refused
from app.blog.models import Post, Status
from app.studio.access import WriterRequest, writers
from app.studio.forms import PlainText
from app.team import reviews
from app.team.models import Review
from app.team.models.review import NOTE
from owed import clock

PER_MINUTE = 20
"""Notes and letters of one person: each writes to others."""
SHOWN = 200


class NoteForm(forms.Form):
    text = PlainText(label=gettext_lazy("Note"), max_length=NOTE, required=False, widget=forms.Textarea(attrs={"rows": 4}))


@require_GET
@writers
def discussion(request: WriterRequest, pk: int) -> HttpResponse:
    """Show whether the post waits for review, who works on it, and what was said."""
    post = _post(request, pk)
    review = Review.objects.select_related("assignee__profile").filter(post=post).first() or Review(post=post)
    may_publish = request.user.can_publish(post)
    may_submit = request.user.can_edit(post) and post.status in {Status.DRAFT, Status.WITHDRAWN}
    about = {
        "post": post,
        "review": review,
        "is_waiting": review.is_waiting,
        "notes": post.notes.select_related("author__profile").order_by("-pk")[:SHOWN],
        "assignees": reviews.assignees(post),
        "may_submit": may_submit and not (review.is_waiting and may_publish and post.author_id != request.user.pk),
        "may_publish": may_publish,
        "longest": NOTE,
    }
    return render(request, "studio/discussion.html", about)


def ask(request: WriterRequest, post: Post) -> HttpResponse:
    """Lead from the editor to the letter."""
    messages.success(request, _("Saved. Write a letter to the editors, and submit the post."))
    return redirect("studio:discussion", post.pk)


@require_http_methods(["POST", "DELETE"])
@writers
def review(request: WriterRequest, pk: int) -> HttpResponse:
    """Submit the post for review, with a letter to the editors; `_method=delete` gives it back."""
    if request.method == "DELETE" or request.POST.get("_method") == "delete":
        return _answer(request, pk, _give_back)
    return _answer(request, pk, _submit)


@require_POST
@writers
def assignee(request: WriterRequest, pk: int) -> HttpResponse:
    """Say who works on the post."""

    def assign(post: Post, text: str) -> str:
        if not request.user.edits_everything:
            raise PermissionDenied
        wanted = request.POST.get("to", "")
        number = int(wanted) if wanted.isdecimal() and len(wanted) < 19 else 0
        to = get_object_or_404(reviews.assignees(post), pk=number) if wanted else None
        reviews.assign(post, to, by=request.user, now=clock.now())
        return _("Assigned to %(name)s.") % {"name": to.profile.name} if to else _("Assigned to no one.")

    return _answer(request, pk, lambda _request, post, text: assign(post, text))


@require_POST
@writers
def note(request: WriterRequest, pk: int) -> HttpResponse:
    """Say something about the post to those who work on it."""
    return _answer(request, pk, _note)


def _submit(request: WriterRequest, post: Post, text: str) -> str:
    if not request.user.can_edit(post):
        raise PermissionDenied
    reviews.submit(post, text, by=request.user, now=clock.now())
    return _("Submitted. The editors get a letter.")


def _give_back(request: WriterRequest, post: Post, text: str) -> str:
    reviews.give_back(post, text, by=request.user)
    return _("It does not wait for review any more.")


def _note(request: WriterRequest, post: Post, text: str) -> str:
    if not text:
        raise Refused(_("Write something first."))
    reviews.add_note(post, text, by=request.user)
    return _("The note is added. Those who work on the post get it by email.")


def _answer(request: WriterRequest, pk: int, verb: Callable[[WriterRequest, Post, str], str]) -> HttpResponse:
    post, form = _post(request, pk), NoteForm(request.POST)
    try:
        if not form.is_valid():
            raise Refused(str(form.errors["text"][0]))
        if not may_try("notes", str(request.user.pk), per_minute=PER_MINUTE):
            raise Refused(str(TOO_MANY))
        messages.success(request, verb(request, post, form.cleaned_data["text"].strip()))
    except Refused as error:
        messages.error(request, str(error))
    return redirect("studio:discussion", pk)


def _post(request: WriterRequest, pk: int) -> Post:
    """Return a post that the user may discuss. Raises Http404, PermissionDenied."""
    post: Post = get_object_or_404(Post.objects.select_related("author__profile"), pk=pk)
    if not request.user.can_discuss(post):
        raise PermissionDenied
    return post
