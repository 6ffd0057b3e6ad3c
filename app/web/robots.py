"""robots.txt: what crawlers leave out."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from app.site.current import site

HIDDEN = ("/studio/", "/admin/", "/search/", "/password/")


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    here = site()
    hidden = HIDDEN if here.is_indexed else ("/",)
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in hidden), f"Sitemap: {settings.SITE_URL}/sitemap.xml"]
    if here.robots:
        lines += ["", here.robots.strip()]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")
