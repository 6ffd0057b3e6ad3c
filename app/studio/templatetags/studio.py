"""How the studio's templates write numbers and names."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django import template
from django.template.defaultfilters import date
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import localdate, localtime
from django.utils.translation import gettext_lazy

from app.blog.models import Comment
from app.studio.navigation import groups_for
from owed.filters import Filter
from owed.models import Effect, Pause

register = template.Library()

PARTS = {
    "done": gettext_lazy("done"),
    "sent": gettext_lazy("sent"),
    "failed": gettext_lazy("failed"),
    "suppressed": gettext_lazy("suppressed"),
    "skipped": gettext_lazy("skipped"),
    "unknown": gettext_lazy("unknown"),
    "pending": gettext_lazy("pending"),
    "submitting": gettext_lazy("submitting"),
    "withheld": gettext_lazy("withheld"),
    "digest": gettext_lazy("in their digest"),
    "dead": gettext_lazy("dead"),
    "discarded": gettext_lazy("discarded"),
}
"""What can become of what is owed, as the delivery audit and a mailing's page name it."""

UNITS = ((86400, "d"), (3600, "h"), (60, "min"))


@register.filter
def at(names: dict[str, str], key: str) -> str:
    return names.get(key, key)


@register.filter
def of(rows: dict[int, list[str]] | str, pk: int) -> list[str]:
    """Return what is known of this row; nothing where the page was not given any."""
    return rows.get(pk, []) if isinstance(rows, dict) else []


@register.filter
def part_label(name: str) -> str:
    """Return a part of an audited sum in the reader's language."""
    return str(PARTS.get(name, name))


@register.filter
def part(effect: Effect) -> str:
    """Return which part of its subject an effect is about: a feed, a page of readers, some messages."""
    shown = {name: value for name, value in effect.args.items() if f"{name.removesuffix('_id')}:{value}" != effect.about}
    return ", ".join(_argument(name, value) for name, value in shown.items())


@register.filter
def effects_page(about: str, existing: set[str]) -> str:
    """Return the page of an effect's subject: an existing post has its own, others a filtered list of effects."""
    if about in existing:
        return reverse("studio:post_effects", args=[about.removeprefix("post:")])
    return f"{reverse('studio:effects')}?{urlencode({'about': about})}"


@register.filter
def without(filter: Filter, name: str = "") -> str:
    """Return the query string of a filter, without one of its fields."""
    return urlencode({each: value for each, value in filter.asks().items() if each != name})


@register.filter
def in_state(filter: Filter, state: str) -> str:
    """Return the query string of the same filter for another state."""
    return urlencode({**filter.asks(), "state": state})


@register.filter
def seconds(duration: float) -> str:
    return f"{duration * 1000:.0f} ms" if duration < 1 else f"{duration:.1f} s"


@register.filter
def seconds_or_dash(duration: float | None) -> str:
    return "–" if duration is None else seconds(duration)


@register.filter
def moment(at: datetime) -> str:
    """Return a time of today, or the day too: a step may wait until tomorrow."""
    at = localtime(at)
    return date(at, "H:i:s") if at.date() == localdate() else f"{date(at, 'MONTH_DAY_FORMAT')}, {date(at, 'H:i')}"


@register.filter
def age(seconds: float) -> str:
    """Return an age in its largest unit."""
    size, unit = next(((size, unit) for size, unit in UNITS if seconds >= size), (1, "s"))
    return f"{seconds / size:.0f} {unit}"


@register.filter
def last_line(error: str) -> str:
    return error.strip().rsplit("\n", 1)[-1][:200]


@register.inclusion_tag("studio/pauses.html", takes_context=True)
def pauses(context: dict[str, Any]) -> dict[str, Any]:
    """Show what is paused, by whom and why, wherever effects are shown."""
    shown = {name: context.get(name) for name in ("kinds", "operates", "csrf_token")}
    return {**shown, "pauses": Pause.objects.all()}


@register.inclusion_tag("studio/navigation.html", takes_context=True)
def navigation(context: dict[str, Any]) -> dict[str, Any]:
    """Show the studio's pages in groups, with the group and the page marked that are being shown."""
    request = context["request"]
    shown = {"request": request, "user": request.user, "csrf_token": context.get("csrf_token")}
    return {**shown, "groups": groups_for(request.user, request.path)}


@register.simple_tag(takes_context=True)
def waiting(context: dict[str, Any]) -> SafeString | str:
    """Return how many comments are held for the user, or nothing."""
    number = Comment.objects.moderated_by(context["request"].user).held().count()
    return format_html(' <b class="number">{}<span class="unseen"> held</span></b>', number) if number else ""


def _argument(name: str, value: Any) -> str:
    noun = name.removesuffix("_ids").removesuffix("_id").replace("_", " ")
    if isinstance(value, list):
        return f"{noun} {value[0]}" if len(value) == 1 else f"{len(value)} × {noun}"
    return str(value) if name == "scope" else f"{noun} {value}"
