"""Letters without their accents, on both sides of the index: "cafe" finds "café", and "café" finds "cafe"."""

from __future__ import annotations

import re
from unicodedata import normalize

# Marks of Latin, Greek and Cyrillic letters, and the points of Hebrew and Arabic. Those of Hindi or Japanese are letters.
MARKS = re.compile("[\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670]+")
# Letters that Unicode does not take apart, as a reader without them on the keyboard types them.
ALIKE = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "ı": "i", "ŧ": "t", "æ": "ae", "œ": "oe", "þ": "th"})


def fold(text: str) -> str:
    """Return the text in small letters without accents. Syllables of Korean and sounds of Japanese stay whole."""
    if text.isascii():
        return text.lower()
    apart = normalize("NFKD", text).casefold()
    return normalize("NFC", MARKS.sub("", apart).translate(ALIKE))
