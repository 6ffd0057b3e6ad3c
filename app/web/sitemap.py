"""sitemap.xml: every public page, for crawlers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import partial

from django.conf import settings
from django.db.models import Max, Q
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from app.accounts.models import User
from app.blog.models import Category, Page, Post, Status, Tag
from app.pagecache.pages import cached
from app.web.conditional_get import public

SHELF = ("recent_posts", "site")
Place = tuple[str, datetime | None]
MOST = 50_000  # sitemaps.org, "Sitemap file size limits"


@require_safe
def sitemap(request: HttpRequest) -> HttpResponseBase:
    places = cached(*SHELF, "sitemap", _places)
    about = {"places": places, "site": settings.SITE_URL}
    page = partial(render, request, "web/sitemap.xml", about, content_type="application/xml")
    return public(request, (places,), page, shelf=SHELF)


def _places() -> tuple[Place, ...]:
    shown = Post.objects.public().exclude(options__is_indexed=False).exclude(options__canonical_url__gt="")
    rows = shown.order_by("-published_at", "-pk").values_list("slug", "updated_at")
    posts = [(reverse("post", args=[slug]), changed) for slug, changed in rows[: MOST - 2]]
    newest = max((changed for _, changed in posts), default=None)
    return ((reverse("home"), newest), (reverse("archive"), newest), *posts, *_pages(), *_lists())[:MOST]


def _pages() -> Iterator[Place]:
    for page in Page.objects.public().filter(is_indexed=True).order_by("slug"):
        yield page.get_absolute_url(), page.updated_at


def _lists() -> Iterator[Place]:
    """Yield the pages of those authors, categories and tags that have a public post."""
    public = Q(posts__status=Status.PUBLISHED)
    for name, things, key in (
        ("author", User.objects.shown(), "username"),
        ("category", Category.objects.all(), "slug"),
        ("tag", Tag.objects.all(), "slug"),
    ):
        found = things.filter(public).annotate(changed=Max("posts__updated_at", filter=public)).order_by(key)
        yield from ((reverse(name, args=[each]), changed) for each, changed in found.values_list(key, "changed"))
