"""Who is at the desk, and what their browser sends."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.test import Client

from app.accounts.models import User

Person = Callable[[str], User]
SignedIn = Callable[[str], Client]


def typed(**changes: Any) -> dict[str, Any]:
    """Return what a browser sends from the editor."""
    return {"title": "Typed", "content": "Some *words*.", "slug": "", "excerpt": "", "category": "", "tags": "", **changes}
