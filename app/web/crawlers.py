"""What machines read: sitemap.xml, robots.txt, security.txt."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parseaddr
from functools import partial

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from app.blog.models import Post
from app.web.cache import cached
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


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    lines = [
        "User-agent: *",
        "Disallow: /studio/",
        "Disallow: /admin/",
        "Disallow: /search/",
        "Disallow: /password/",
        f"Sitemap: {settings.SITE_URL}/sitemap.xml",
    ]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")


@require_safe
def favicon(request: HttpRequest) -> HttpResponse:
    return redirect(static("mark.svg"), permanent=True)


@require_safe
def security(request: HttpRequest) -> HttpResponse:
    """Say where to report a weakness (RFC 9116); the date moves with the calendar year."""
    expires = datetime(timezone.now().year + 1, 1, 31, tzinfo=UTC)
    lines = [
        f"Contact: mailto:{parseaddr(settings.DEFAULT_FROM_EMAIL)[1]}",
        f"Expires: {expires:%Y-%m-%dT%H:%M:%SZ}",
        f"Canonical: {settings.SITE_URL}/.well-known/security.txt",
    ]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")
