"""What every page may name."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest

from app.site.current import Site
from app.site.current import site as current


def site(request: HttpRequest) -> dict[str, Site | str]:
    here = current()
    return {"SITE": here, "SITE_NAME": here.name, "SITE_URL": settings.SITE_URL, "FLOWER_URL": settings.FLOWER_URL}
