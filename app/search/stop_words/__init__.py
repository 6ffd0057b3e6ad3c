"""Words so frequent in a language that they tell nothing: the lists of the Snowball project, one file to a language."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from app.search.folding import fold


@cache
def stop_words(language: str) -> frozenset[str]:
    """Return the folded words; an empty set for a language without a list."""
    path = Path(__file__).with_name(f"{language}.txt")
    return frozenset(map(fold, path.read_text(encoding="utf-8").split())) if path.exists() else frozenset()
