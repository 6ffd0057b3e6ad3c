"""How long a text may be, in characters, and which texts show nothing: for forms, models, API, admin and database alike."""

from __future__ import annotations

from unicodedata import category

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

TITLE = 200
SLUG = 220
EXCERPT = 2_000
COMMENT = 10_000
NAME = 100
"""Of a category, a tag, an author or a guest."""
TAGS = 50
"""Tags of one post."""
BIO = 5_000

# Controls, formats, separators, and marks without a letter.
UNSEEN = {"Cc", "Cf", "Cs", "Zl", "Zp", "Zs", "Mn", "Me"}
# Letters and symbols by their category that are drawn as nothing: fillers of Hangul, and the empty pattern of Braille.
BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0")


def shows(text: str) -> bool:
    """Return whether a reader sees anything of it: a name of zero-width characters would be a link to nowhere."""
    return any(char not in BLANK and category(char) not in UNSEEN for char in text)


def validate_visible(text: str) -> None:
    """Refuse what looks empty. Raises ValidationError."""
    if not shows(text):
        raise ValidationError(_("Use at least one character that can be seen."), code="invisible")
