"""Who may come in, and how far."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.views.decorators.cache import never_cache
from django_htmx.middleware import HtmxDetails

from app.accounts.models import Role, User
from app.blog.models import Post

View = Callable[..., HttpResponseBase]


class WriterRequest(HttpRequest):
    """A request behind `writers` or `operators`."""

    user: User
    htmx: HtmxDetails


def operates(user: Any) -> bool:
    """Return whether the user may see what concerns everybody: the ledger, the mailbox, sends."""
    return bool(user.is_active and (user.is_staff or user.role == Role.EDITOR))


def edits_all(user: User) -> bool:
    return user.is_superuser or user.role == Role.EDITOR


def _only(allowed: Callable[[Any], bool]) -> Callable[[View], View]:
    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: WriterRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not allowed(request.user):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return never_cache(login_required(guarded))

    return decorate


writers = _only(lambda user: user.can_write())
operators = _only(operates)


def post_for(request: WriterRequest, pk: int) -> Post:
    """Return a post that the user may change. Raises Http404, PermissionDenied."""
    post = get_object_or_404(Post, pk=pk)
    if not request.user.can_edit(post):
        raise PermissionDenied
    return post


def visible_post(request: WriterRequest, pk: int) -> Post:
    """Return a post whose account the user may read: their own, or any for an editor. Raises Http404, PermissionDenied."""
    post = get_object_or_404(Post.objects.select_related("author__profile"), pk=pk)
    if post.author_id != request.user.pk and not operates(request.user):
        raise PermissionDenied
    return post
