"""System check: the mail of each kind of notice can be written."""

from __future__ import annotations

from typing import Any

from django.core.checks import CheckMessage, Error
from django.template import TemplateDoesNotExist
from django.template.loader import get_template

from app.notices.kinds import KINDS


def kinds_have_templates(**kwargs: Any) -> list[CheckMessage]:
    names = sorted({f"{kind.template}.{ending}" for kind in KINDS.values() for ending in ("txt", "html")})
    return [Error(f"a kind of notice has no template {name}", id="notices.E001") for name in names if not _exists(name)]


def _exists(name: str) -> bool:
    try:
        get_template(name)
    except TemplateDoesNotExist:
        return False
    return True
