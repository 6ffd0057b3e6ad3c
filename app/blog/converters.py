"""Slugs in URLs: letters of every script."""

from __future__ import annotations

import unicodedata

from django.urls.converters import StringConverter


class SlugConverter(StringConverter):
    r"""As Django's `slug`, with the letters of every script. `\w` leaves out the marks of what was typed as letter and mark."""

    regex = r"[-\w\u0300-\u036f\u0653-\u0655\u3099\u309a]+"

    def to_python(self, value: str) -> str:
        return unicodedata.normalize("NFC", value)
