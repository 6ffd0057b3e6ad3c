"""System check: each page that a room links to is served by another."""

from __future__ import annotations

from typing import Any

from django.core.checks import CheckMessage, Error

from app.site.pages import unserved


def pages_are_served(**kwargs: Any) -> list[CheckMessage]:
    hint = "Call app.site.pages.serve() in the ready() of the room whose URLs have it."
    return [Error(f"no room serves the page “{name}”", hint=hint, id="site.E001") for name in unserved()]
