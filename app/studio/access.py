"""Guards of the studio's pages. What they ask is decided by the verbs of User."""

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

from app.accounts.models import User
from app.blog.models import Post
from app.blog.revisions import acting

View = Callable[..., HttpResponseBase]


class WriterRequest(HttpRequest):
    """A request behind one of the guards."""

    user: User
    htmx: HtmxDetails


def _only(allowed: Callable[[User], bool]) -> Callable[[View], View]:
    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: WriterRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not allowed(request.user):
                raise PermissionDenied
            with acting(request.user):
                return view(request, *args, **kwargs)

        return never_cache(login_required(guarded))

    return decorate


writers = _only(lambda user: user.can_write())
operators = _only(lambda user: user.is_operator)
lookers = _only(lambda user: user.sees_operations)
importers = _only(lambda user: user.can_import())
exporters = _only(lambda user: user.can_export())
list_keepers = _only(lambda user: user.can_manage_subscribers())
team_managers = _only(lambda user: user.can_manage_team())
administrators = _only(lambda user: user.is_administrator)
topic_keepers = _only(lambda user: user.can_manage_topics())
log_readers = _only(lambda user: user.can_see_log())
statisticians = _only(lambda user: user.can_see_statistics())
site_keepers = _only(lambda user: user.can_manage_site())
watchers = _only(lambda user: user.can_enter_studio())


def editable_post(request: WriterRequest, pk: int) -> Post:
    """Return a post that the user may change. Raises Http404, PermissionDenied."""
    post = get_object_or_404(Post, pk=pk)
    if not request.user.can_edit(post):
        raise PermissionDenied
    return post


def watched_post(request: WriterRequest, pk: int) -> Post:
    """Return a post of which the user may see what followed. Raises Http404, PermissionDenied."""
    post = get_object_or_404(Post.objects.select_related("author__profile"), pk=pk)
    if not request.user.can_watch(post):
        raise PermissionDenied
    return post


def read_post(request: WriterRequest, pk: int) -> Post:
    """Return a post of which the user may see how it is read. Raises Http404, PermissionDenied."""
    post = get_object_or_404(Post.objects.select_related("author__profile"), pk=pk)
    if not request.user.can_see_statistics(post):
        raise PermissionDenied
    return post
