"""Tags by name, made where they are new."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count

from django.core.exceptions import ValidationError
from django.db.models.functions import Lower
from django.utils.translation import gettext as _

from app.blog.models import Tag
from app.blog.slugs import base_of
from app.site import limits
from owed.sql import hold


def tags_named(names: Iterable[str]) -> list[Tag]:
    """Return the tags of these names, whatever their case, made where they are new. Raises ValidationError."""
    names = list(names)
    for name in names:
        _check(name)
    wanted = {name.lower(): name for name in reversed(names)}
    known = _known(wanted)
    if wanted.keys() - known.keys():
        hold("tags")
        known = _known(wanted)
    return [known.get(lowered) or _new(name) for lowered, name in reversed(wanted.items())]


def _check(name: str) -> None:
    if len(name) > limits.NAME or not limits.shows(name):
        raise ValidationError({"tags": _("Use at least one visible character and at most %(limit)d.") % {"limit": limits.NAME}})


def _known(wanted: Iterable[str]) -> dict[str, Tag]:
    tags = Tag.objects.annotate(lowered=Lower("name")).filter(lowered__in=list(wanted)).order_by("-pk")
    return {tag.name.lower(): tag for tag in tags}


def _new(name: str) -> Tag:
    """Make a tag: "c" and "c++" are two, and so are their addresses."""
    base = base_of(name)[:100]
    taken = set(Tag.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    candidates = (base if number == 1 else f"{base}-{number}" for number in count(1))
    return Tag.objects.create(name=name, slug=next(slug for slug in candidates if slug not in taken))
