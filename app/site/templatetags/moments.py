"""A moment for programs, `{{ moment|iso }}`, and for people, `{{ moment|to_the_second }}`. No {% load %} is needed."""

from __future__ import annotations

from datetime import datetime

from django import template
from django.utils.formats import date_format, time_format

register = template.Library()


@register.filter(expects_localtime=True)
def iso(moment: datetime | None) -> str:
    """Return an ISO 8601 time to the second: HTML allows three digits of a fraction, and PostgreSQL keeps six."""
    return moment.isoformat(timespec="seconds") if moment else ""


@register.filter(expects_localtime=True)
def to_the_second(moment: datetime | None) -> str:
    """Return a moment as the language writes dates, with its seconds; no language of Django's has a format for that."""
    return f"{date_format(moment, 'SHORT_DATE_FORMAT')}, {time_format(moment, 'H:i:s')}" if moment else ""
