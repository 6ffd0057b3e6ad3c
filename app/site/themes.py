"""Themes: the colours and the type of a publication, as values of the style sheet's variables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.db import models
from django.utils.translation import gettext_lazy

from app.site.colours import BLACK, WHITE, mixed, parse, readable, written

SANS = "var(--sans)"
BOOK = '"Iowan Old Style", Charter, "Palatino Linotype", Palatino, "Book Antiqua", Georgia, serif'
WASH = 0.09
"""How much of the accent there is in the background of what is marked with it."""


class ThemeName(models.TextChoices):
    AFTERWORD = "afterword", gettext_lazy("Afterword: cool paper, blue accent")
    BROADSHEET = "broadsheet", gettext_lazy("Broadsheet: warm paper, red accent")
    PLAIN = "plain", gettext_lazy("Plain: black on white, green accent")


class Fonts(models.TextChoices):
    NEWSREADER = "newsreader", gettext_lazy("Newsreader, a serif made for screens")
    BOOK = "book", gettext_lazy("A book serif that the reader has (no download)")
    SANS = "sans", gettext_lazy("Sans serif throughout (no download)")


@dataclass(frozen=True, kw_only=True)
class Shades:
    """Colours of one scheme as `#rrggbb`: light or dark."""

    paper: str
    sheet: str
    ink: str
    soft: str
    rule: str
    field: str


@dataclass(frozen=True, kw_only=True)
class Theme:
    accent: str
    light: Shades
    dark: Shades


THEMES: Mapping[str, Theme] = {
    ThemeName.AFTERWORD: Theme(
        accent="#2438b8",
        light=Shades(paper="#fafaf6", sheet="#ffffff", ink="#15171c", soft="#555962", rule="#deded7", field="#80848c"),
        dark=Shades(paper="#111317", sheet="#191c22", ink="#e8e6e0", soft="#a7a9af", rule="#2c3038", field="#777c86"),
    ),
    ThemeName.BROADSHEET: Theme(
        accent="#9c1f14",
        light=Shades(paper="#f8f2e7", sheet="#fffdf8", ink="#1f1a14", soft="#5d5345", rule="#dfd5c3", field="#82786a"),
        dark=Shades(paper="#17130f", sheet="#201b16", ink="#ede5d8", soft="#b3a899", rule="#3a322a", field="#867b6d"),
    ),
    ThemeName.PLAIN: Theme(
        accent="#17633d",
        light=Shades(paper="#ffffff", sheet="#ffffff", ink="#111111", soft="#555555", rule="#dddddd", field="#808080"),
        dark=Shades(paper="#101010", sheet="#1a1a1a", ink="#eeeeee", soft="#aaaaaa", rule="#333333", field="#7d7d7d"),
    ),
}
FAMILIES = {Fonts.BOOK: BOOK, Fonts.SANS: SANS}


def variables(theme: str, accent: str, fonts: str) -> str:
    """Return rules that set the variables; empty where everything is as the style sheet has it.

    The accent is darkened or lightened where it could not be read.
    """
    serif = f":root {{ --serif: {FAMILIES[Fonts(fonts)]}; }}\n" if fonts in FAMILIES else ""
    if theme == ThemeName.AFTERWORD and not accent:
        return serif
    chosen = THEMES[theme]
    light, dark = _declared(chosen.light, accent or chosen.accent), _declared(chosen.dark, accent or chosen.accent)
    return f":root {{ {light} }}\n@media (prefers-color-scheme: dark) {{ :root {{ {dark} }} }}\n{serif}"


def shown_accent(theme: str, accent: str, *, dark: bool = False) -> str:
    """Return the accent as readers see it."""
    chosen = THEMES[theme]
    return _accent(chosen.dark if dark else chosen.light, accent or chosen.accent)[0]


def _accent(shades: Shades, accent: str) -> tuple[str, str]:
    """Return the accent that can be read on each background, and the background that has a little of it."""
    paper, sheet = parse(shades.paper), parse(shades.sheet)
    wash = mixed(paper, readable(parse(accent), [paper, sheet]), WASH)
    return written(readable(parse(accent), [paper, sheet, wash])), written(wash)


def _declared(shades: Shades, accent: str) -> str:
    shown, wash = _accent(shades, accent)
    is_dark = parse(shades.paper) < parse(shades.ink)
    values = {
        **vars(shades),
        "accent": shown,
        "accent-strong": written(mixed(parse(shown), WHITE if is_dark else BLACK, 0.3)),
        "on-accent": shades.paper if is_dark else "#ffffff",
        "wash": wash,
    }
    return " ".join(f"--{name}: {value};" for name, value in values.items())
