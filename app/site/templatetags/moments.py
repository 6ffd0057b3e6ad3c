"""`{{ moment|iso }}`: a moment for programs. In every template, without {% load %}."""

from __future__ import annotations

from datetime import datetime

from django import template

register = template.Library()


@register.filter(expects_localtime=True)
def iso(moment: datetime | None) -> str:
    """Return an ISO 8601 time to the second: HTML allows three digits of a fraction, and PostgreSQL keeps six."""
    return moment.isoformat(timespec="seconds") if moment else ""
