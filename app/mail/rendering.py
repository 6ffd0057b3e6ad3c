"""Templates of mails: one name, two files, text and HTML."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.template.loader import render_to_string

from app.site.current import site


def render(name: str, context: Mapping[str, Any]) -> tuple[str, str]:
    """Return text and HTML of `<name>.txt` and `<name>.html`."""
    values = {"site_name": site().name, "site_url": settings.SITE_URL, **context}
    return render_to_string(f"{name}.txt", values).strip() + "\n", render_to_string(f"{name}.html", values)


def site_host() -> str:
    return urlsplit(settings.SITE_URL).hostname or "localhost"


def link(path: str) -> str:
    """Return the full address of a page of this site."""
    return f"{settings.SITE_URL}{path}"
