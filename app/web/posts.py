"""The page of a post."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from app.blog import versions
from app.blog.models import Like, Post, PostSlug, Status
from app.stats.page_views import see
from app.web.comments import CommentForm, thread
from app.web.conditional_get import public
from app.web.post_cards import summary


@require_safe
def post(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Show a public post; 301 from an old address, 410 where it was withdrawn."""
    found = find(slug)
    if found is None:
        return _moved(slug)
    if found.status == Status.WITHDRAWN:
        return render(request, "410.html", status=410)
    see(request, found)
    before, after = neighbours(found)
    facts = (found.version, found.revision, found.author.profile.name, before, after)  # type: ignore[attr-defined]
    return public(request, facts, lambda: _page(request, found, before, after), shelf=("post", f"post:{found.pk}"))


def find(slug: str) -> Post | None:
    """Return the post that readers may know of by this address, public or withdrawn, with its `version` at that moment."""
    known = Post.objects.filter(status__in=[Status.PUBLISHED, Status.WITHDRAWN], published_at__isnull=False)
    related = known.select_related("author__profile", "category", "cover")
    return related.annotate(version=versions.OF_POST).filter(slug=slug).first()


def neighbours(post: Post) -> tuple[dict[str, str] | None, dict[str, str] | None]:
    """Return the public posts before and after this one."""
    public_posts = Post.objects.public().only("title", "slug")
    here = (post.published_at, post.pk)
    older = public_posts.filter(published_at__lte=here[0]).exclude(published_at=here[0], pk__gte=here[1])
    newer = public_posts.filter(published_at__gte=here[0]).exclude(published_at=here[0], pk__lte=here[1])
    return _link(older.order_by("-published_at", "-pk").first()), _link(newer.order_by("published_at", "pk").first())


def _link(post: Post | None) -> dict[str, str] | None:
    return {"title": post.title, "url": post.get_absolute_url()} if post else None


def _moved(slug: str) -> HttpResponse:
    old = PostSlug.objects.filter(slug=slug).exclude(post__published_at=None).select_related("post").first()
    if old is None or old.post.status not in {Status.PUBLISHED, Status.WITHDRAWN}:
        raise Http404("no post has this address")
    return redirect(old.post, permanent=True)


def _page(request: HttpRequest, post: Post, before: Any, after: Any) -> HttpResponse:
    user = request.user
    about = {
        "post": post,
        "previous": before,
        "next": after,
        "tags": list(post.tags.order_by("name")),
        "comments": thread(post),
        "summary": summary(post),
        "structured": structured(post),
        "form": CommentForm(post=post, user=user),
        "liked": user.is_authenticated and Like.objects.filter(post=post, user=user).exists(),
        "editable": user.is_authenticated and user.can_edit(post),
    }
    return render(request, "web/post.html", about)


def structured(post: Post) -> dict[str, Any]:
    """Return the post as schema.org's BlogPosting."""
    site = settings.SITE_URL
    facts = {
        "@context": "https://schema.org",
        "@type": "BlogPosting",
        "headline": post.title,
        "inLanguage": post.language_tag,
        "description": summary(post),
        "url": site + post.get_absolute_url(),
        "mainEntityOfPage": site + post.get_absolute_url(),
        "datePublished": post.published_at.isoformat() if post.published_at else None,
        "dateModified": post.updated_at.isoformat(),
        "author": {
            "@type": "Person",
            "name": post.author.profile.name,
            "url": site + reverse("author", args=[post.author.username]),
        },
        "publisher": {"@type": "Organization", "name": settings.SITE_NAME, "url": f"{site}/"},
    }
    return facts | ({"image": site + post.cover.file.url} if post.cover else {})
