"""sitemap.xml: every public page, for crawlers."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from app.blog.models import Post
from app.pagecache.pages import cached
from app.web.conditional_get import public

SHELF = ("recent_posts", "site")
MOST = 50_000  # sitemaps.org, "Sitemap file size limits"


@require_safe
def sitemap(request: HttpRequest) -> HttpResponseBase:
    places = cached(*SHELF, "sitemap", _places)
    about = {"places": places, "site": settings.SITE_URL}
    page = partial(render, request, "web/sitemap.xml", about, content_type="application/xml")
    return public(request, (places,), page, shelf=SHELF)


def _places() -> tuple[tuple[str, datetime | None], ...]:
    rows = Post.objects.public().order_by("-published_at", "-pk").values_list("slug", "updated_at")
    posts = [(reverse("post", args=[slug]), changed) for slug, changed in rows[: MOST - 2]]
    newest = max((changed for _, changed in posts), default=None)
    return ((reverse("home"), newest), (reverse("archive"), newest), *posts)
