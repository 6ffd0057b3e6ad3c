"""Letters without their accents, on both sides of the index: "cafe" finds "café", and "café" finds "cafe"."""

from __future__ import annotations

# Letters that Unicode does not take apart, as a reader without them on the keyboard types them.
WHOLE_LETTERS = {"ß": "ss", "ẞ": "SS", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "þ": "th"}
ALIKE = ("øØłŁđĐðÐħĦıŧŦ", "oOlLdDdDhHitT")
MARKS = "[\\u0300-\\u036f]"


def folded(expression: str) -> str:
    """Return SQL for a text expression's value without accents. PostgreSQL's own unaccent is not on every server.

    What is left is put together again (NFKC): the syllables of Korean and the sounds of Japanese stay whole.
    """
    for letter, plain in WHOLE_LETTERS.items():
        expression = f"replace({expression}, '{letter}', '{plain}')"
    apart = f"normalize(translate({expression}, '{ALIKE[0]}', '{ALIKE[1]}'), NFKD)"
    return f"normalize(regexp_replace({apart}, '{MARKS}', '', 'g'), NFKC)"
