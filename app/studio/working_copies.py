"""What the editor stores while someone types. A script asks, so answers are JSON, and a session that ended is 401."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any
from uuid import UUID, uuid4

from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.middleware.csrf import get_token
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from app.accounts.models import User
from app.blog.models import Post, WorkingCopy
from app.blog.working_copies import CopyTooLong, Desk, EditedElsewhere, new_posts_of, others_at
from app.studio.access import WriterRequest, editable_post, writers
from app.studio.comparison import differences
from app.studio.conflict import as_typed
from app.studio.forms import PostForm
from app.studio.publication import say

Find = Callable[..., Desk]
MOST_BEGUN = 20  # posts that were never saved, in a list
NOT_TYPED = {"upload", "revision"}


def desk(user: User, data: QueryDict | dict[str, str], post: Post | None) -> Desk:
    """Return the desk that a form names. A new post without a key gets one."""
    page, found = (str(data.get(name, ""))[:32] for name in ("page", "found"))
    return Desk(user, post, None if post else _key(str(data.get("draft", ""))), page or uuid4().hex, found)


def writing(request: WriterRequest, form: PostForm, at: Desk) -> dict[str, object]:
    """Return what the editor says about text that is not saved. What was refused is stored first: its page may be closed."""
    return {
        "desk": at,
        "is_stored": not form.errors or _is_stored(at, form.data),
        "found": form.copy.stamp if form.copy and not form.is_bound else at.found,
        "copy": None if form.errors else form.copy,
        "conflict": form.conflict,
        "others": others_at(at.post, request.user) if at.post else (),
        "begun": () if at.post else new_posts_of(request.user).exclude(key=at.key)[:MOST_BEGUN],
    }


def _is_stored(at: Desk, data: Mapping[str, Any]) -> bool:
    try:
        keep(at, data)
    except (EditedElsewhere, CopyTooLong):
        return False
    return True


def typed(data: Mapping[str, Any]) -> dict[str, str]:
    """Return the fields of the editor in a request."""
    return {name: str(data[name]) for name in PostForm.base_fields if name in data and name not in NOT_TYPED}


def keep(desk: Desk, data: Mapping[str, Any]) -> bool:
    """Store what a request holds. Raises EditedElsewhere, CopyTooLong."""
    number = data.get("revision", "")[:9]
    return desk.keep(typed(data), as_typed(desk.post), int(number) if number.isdecimal() else None)


def _key(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        return uuid4()


def for_scripts(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Answer a script: 401 in place of a redirect, 409 where another person is signed in by now."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if not isinstance(request.user, User):
            return JsonResponse({"error": "signed_out"}, status=401)
        if not request.user.can_write():
            return JsonResponse({"error": "forbidden"}, status=403)
        if request.POST.get("writer", str(request.user.pk)) != str(request.user.pk):
            return JsonResponse({"error": "other_person"}, status=409)
        return view(request, *args, **kwargs)

    return never_cache(guarded)


@require_http_methods(["GET", "POST"])
@for_scripts
def working_copy(request: WriterRequest, pk: int | None = None) -> HttpResponse:
    """Store what was typed. GET only answers with a token that is valid now: signing in changes it."""
    token = {"token": get_token(request)}
    post = editable_post(request, pk) if pk else None
    if request.method == "GET":
        return JsonResponse(token)
    try:
        return JsonResponse({**token, "unsaved": keep(desk(request.user, request.POST, post), request.POST)})
    except EditedElsewhere:
        return JsonResponse({"error": "edited_elsewhere"}, status=409)
    except CopyTooLong:
        return JsonResponse({"error": "too_long"}, status=413)


@require_http_methods(["GET", "POST"])
@writers
def unsaved(request: WriterRequest, pk: int) -> HttpResponse:
    """Show what is typed and not saved; POST throws it away."""
    post = editable_post(request, pk)
    copy = get_object_or_404(WorkingCopy, writer=request.user, post=post)
    if request.method == "POST":
        copy.delete()
        say(request, _("The changes that were not saved are gone."))
        return redirect("studio:edit", pk)
    about = {"post": post, "copy": copy, "differences": differences(as_typed(post), copy.fields)}
    return render(request, "studio/unsaved.html", about)


@require_POST
@writers
def discard_new(request: WriterRequest, key: UUID) -> HttpResponse:
    """Throw away a post that was never saved."""
    WorkingCopy.objects.filter(writer=request.user, post=None, key=key).delete()
    say(request, _("The text that was not saved is gone."))
    return redirect("studio:posts")
