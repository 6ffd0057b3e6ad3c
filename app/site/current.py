"""The publication as it is set now: `site().name`. One query in half a second and process, however many ask."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.storage import default_storage
from django.db import DatabaseError, transaction
from django.utils.translation import gettext as _

from app.site import themes
from app.site.head_code import HeadCode, read
from app.site.links import Link
from app.site.models import SiteSettings
from app.site.signals import site_changed
from owed.sql import hold

FRESH = 0.5
"""Seconds for which a process believes what it has read: a change is everywhere within a second."""
NAME = "Afterword"


class SetByOperator(Exception):
    """A variable of the environment sets this; it cannot be changed here."""


@dataclass(frozen=True, kw_only=True)
class Site:
    """What readers, feeds and mail see of the settings, the operator's variables applied."""

    name: str = NAME
    tagline: str = ""
    description: str = ""
    language: str = ""
    time_zone: str = "UTC"
    logo: str = ""
    favicon: str = ""
    theme: str = themes.ThemeName.AFTERWORD
    accent: str = ""
    fonts: str = themes.Fonts.NEWSREADER
    custom_css: str = ""
    navigation: tuple[Link, ...] = ()
    footer: tuple[Link, ...] = ()
    footer_text: str = ""
    profiles: tuple[Link, ...] = ()
    comments: str = "everyone"
    comments_close_after: int | None = None
    head_code: str = ""
    is_indexed: bool = True
    robots: str = ""

    @cached_property
    def version(self) -> str:
        """Return a name for these values: cached pages, and the address of the style sheet, have it in theirs."""
        return sha256(repr(self).encode()).hexdigest()[:16]

    @cached_property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @cached_property
    def stylesheet(self) -> str:
        """Return the rules that readers' pages have beyond the files; empty where there are none."""
        return themes.variables(self.theme, self.accent, self.fonts) + self.custom_css

    @cached_property
    def code(self) -> HeadCode:
        """Return what the head of readers' pages has; nothing where the rules became stricter since it was saved."""
        try:
            return read(self.head_code)
        except ValidationError:
            return HeadCode()

    @cached_property
    def paper(self) -> dict[str, str]:
        chosen = themes.THEMES[self.theme]
        return {"light": chosen.light.paper, "dark": chosen.dark.paper}

    @property
    def has_web_font(self) -> bool:
        return self.fonts == themes.Fonts.NEWSREADER

    @property
    def logo_url(self) -> str:
        return default_storage.url(self.logo) if self.logo else ""

    @property
    def favicon_url(self) -> str:
        return default_storage.url(self.favicon) if self.favicon else ""


FIELDS = tuple(each.name for each in fields(Site))


class Memory:
    """What one process knows of the row, and since when."""

    def __init__(self) -> None:
        self.fresh = FRESH
        self._read: tuple[SiteSettings, float] | None = None
        self._made: tuple[SiteSettings, object, Site] | None = None

    def site(self) -> Site:
        row, overrides = self._row(), set_by_operator()
        key = (settings.LANGUAGE_CODE, settings.TIME_ZONE, repr(overrides))
        made = self._made
        if made is None or made[0] is not row or made[1] != key:
            self._made = made = (row, key, _made_of(row, overrides))
        return made[2]

    def forget(self) -> None:
        self._read = self._made = None

    def keep(self, row: SiteSettings, *, fresh: float) -> None:
        """Believe this row for so many seconds."""
        self.fresh, self._read, self._made = fresh, (row, time.monotonic()), None

    def _row(self) -> SiteSettings:
        known = self._read
        if known is not None and time.monotonic() - known[1] < self.fresh:
            return known[0]
        try:
            row = SiteSettings.stored()
        except DatabaseError:
            # A page that says so needs a name and a language, too. What was never read is not believed afterwards.
            if known is None:
                return SiteSettings(pk=1)
            row = known[0]
        if known is not None and _values(known[0]) == _values(row):
            row = known[0]  # what was made of it stays
        self._read = (row, time.monotonic())
        return row


MEMORY = Memory()


def site() -> Site:
    """Return the publication's settings. At most half a second old."""
    return MEMORY.site()


def set_by_operator() -> Mapping[str, Any]:
    """Return the fields that variables of the environment set, which win over what is stored."""
    return {**({"name": settings.SITE_NAME} if settings.SITE_NAME else {}), **settings.SITE_OVERRIDES}


def change(**values: Any) -> set[str]:
    """Store these fields, and announce those that have another value. Return their names.

    Raises ValidationError by field, SetByOperator.
    """
    if set(values) & set(set_by_operator()):
        raise SetByOperator(_("A variable of the environment sets this; it cannot be changed here."))
    with transaction.atomic():
        hold("site:settings")
        row = SiteSettings.stored()
        changed = {name for name, value in values.items() if getattr(row, name) != value}
        for name in changed:
            setattr(row, name, values[name])
        row.clean_fields(exclude=set(FIELDS) - changed)
        if changed:
            _store(row, changed)
        return changed


def _store(row: SiteSettings, changed: set[str]) -> None:
    row.save()
    MEMORY.forget()
    # Another thread may have read the old row since.
    transaction.on_commit(MEMORY.forget)
    site_changed.send(sender=SiteSettings, changed=frozenset(changed))


def _made_of(row: SiteSettings, overrides: Mapping[str, Any]) -> Site:
    values: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in _values(row).items()}
    values |= {"name": row.name or NAME, "language": row.language or settings.LANGUAGE_CODE}
    values |= {"time_zone": row.time_zone or settings.TIME_ZONE, **overrides}
    return Site(**values)


def _values(row: SiteSettings) -> dict[str, Any]:
    return {name: getattr(row, name) for name in FIELDS}
