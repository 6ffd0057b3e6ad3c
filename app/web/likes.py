"""A signed-in reader's like."""

from __future__ import annotations

from typing import cast

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from app.accounts.models import User
from app.blog.models import Post
from app.web.conditional_get import ReaderRequest, private


@require_http_methods(["POST", "DELETE"])
@login_required
def post_like(request: ReaderRequest, slug: str) -> HttpResponse:
    """Like; DELETE, or `_method=delete`, takes it back."""
    post = get_object_or_404(Post.objects.public(), slug=slug)
    wanted = request.method == "POST" and request.POST.get("_method") != "delete"
    reader = cast("User", request.user)
    post.like(reader) if wanted else post.unlike(reader)
    if not request.htmx:
        return redirect(post)
    post.refresh_from_db(fields=["like_count"])
    return private(render(request, "web/like.html", {"post": post, "liked": wanted}))
