"""A post that is not public, for those who have a link to it."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from app.blog.models import Post, PreviewLink
from app.web.posts import cover_of


@require_safe
@never_cache
def preview(request: HttpRequest, token: str) -> HttpResponse:
    """Show the saved post. No cache and no index keeps the page, no site it links to learns its address."""
    link = PreviewLink.objects.opened_by(token)
    if link is None:
        raise Http404("the link does not exist, has expired or was revoked")
    post = Post.objects.select_related("author__profile", "category", "cover").get(pk=link.post_id)
    if post.is_public:
        response: HttpResponse = redirect(post)
    else:
        response = render(request, "web/preview.html", {"post": post, "link": link, "cover": cover_of(post)})
    response["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    response["Referrer-Policy"] = "same-origin"
    return response
