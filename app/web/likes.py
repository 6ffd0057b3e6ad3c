"""A signed-in reader's like."""

from __future__ import annotations

from typing import cast

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from app.accounts.models import User
from app.accounts.rate_limit import MINUTE, TOO_MANY, may_try
from app.blog.models import Post
from app.web.conditional_get import ReaderRequest, private

LIKES = 60  # a minute, of one reader, on pages and by the API


@require_http_methods(["POST", "DELETE"])
@login_required
def post_like(request: ReaderRequest, slug: str) -> HttpResponse:
    """Like; DELETE, or `_method=delete`, takes it back."""
    post = get_object_or_404(Post.objects.public(), slug=slug)
    wanted = request.method == "POST" and request.POST.get("_method") != "delete"
    reader = cast("User", request.user)
    if not may_try("likes", str(reader.pk), per_minute=LIKES):
        return _too_many(request, post)
    post.like(reader) if wanted else post.unlike(reader)
    if not request.htmx:
        return redirect(post)
    post.refresh_from_db(fields=["like_count"])
    return private(render(request, "web/like.html", {"post": post, "liked": wanted}))


def _too_many(request: ReaderRequest, post: Post) -> HttpResponse:
    """Say it where the heart is, or on a page that leads back."""
    liked = post.likes.filter(user=cast("User", request.user)).exists()
    about = {"post": post, "liked": liked, "problem": TOO_MANY, "back": post.get_absolute_url()}
    response = render(request, "web/like.html" if request.htmx else "429.html", about, status=429)
    response["Retry-After"] = str(MINUTE)
    return private(response)
