"""Fonts of cards: the site's own, which are Latin, and beyond that those of the system, for scripts that need no shaping.

Fonts for all scripts weigh more than the rest of the product (those for Chinese, Japanese and Korean 19 MB a weight), so none
is bundled. Arabic, Hebrew, the scripts of India and others join, reorder or turn their letters: Pillow does that only where
libraqm and fribidi are installed, and letters one by one would be wrong, so that such a title has no card.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from django.contrib.staticfiles import finders
from PIL import ImageFont

OWN = ("fonts/newsreader-latin-opsz-normal.woff2", "fonts/newsreader-latin-ext-wght-normal.woff2")
FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts", "/Library/Fonts", "/System/Library/Fonts")
# In this order: the first one that has a letter writes it.
OTHERS = (
    *("NotoSerif-Regular.*", "NotoSans-Regular.*", "DejaVuSerif.ttf", "DejaVuSans.ttf"),
    *("NotoS*CJK-Regular.ttc", "NotoSans*-Regular.*"),
)
UNSHAPED = (
    *("LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "GEORGIAN"),
    *("CJK", "HIRAGANA", "KATAKANA", "HANGUL", "BOPOMOFO", "IDEOGRAPHIC", "FULLWIDTH"),
)
"""How the names of the letters begin in Unicode."""
WEIGHTS = {"title": 560.0, "small": 500.0}
MISSING = "\ue000"
Font = ImageFont.FreeTypeFont


@cache
def font_of(character: str) -> str | None:
    """Return the name of the first font that has the character, None where none has."""
    return next((name for name in _candidates(character) if _has(name, character)), None)


@cache
def font(name: str, size: int, weight: str) -> Font:
    """Return a font of font_of()."""
    if name not in OWN:
        return ImageFont.truetype(name, size, layout_engine=ImageFont.Layout.BASIC)
    own = ImageFont.truetype(str(finders.find(name)), size, layout_engine=ImageFont.Layout.BASIC)
    axes = own.get_variation_axes()
    own.set_variation_by_axes([WEIGHTS[weight], min(72.0, size)][: len(axes)])
    return own


def _candidates(character: str) -> Iterator[str]:
    yield from OWN
    if unicodedata.name(character, "").startswith(UNSHAPED):
        yield from _others()


def _has(name: str, character: str) -> bool:
    small = font(name, 40, "small")
    return bytes(small.getmask(character)) != bytes(small.getmask(MISSING))


@cache
def _others() -> tuple[str, ...]:
    found = [str(file) for pattern in OTHERS for folder in FOLDERS for file in sorted(Path(folder).rglob(pattern))]
    return tuple(dict.fromkeys(file for file in found if _opens(file)))


def _opens(file: str) -> bool:
    try:
        font(file, 40, "small")
    except OSError:
        return False
    return True
