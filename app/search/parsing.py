"""What a visitor typed: words, "phrases", -exclusions, and `or` between alternatives. Any text is a valid query."""

from __future__ import annotations

import re
from dataclasses import dataclass

from app.search.analysis import words

TEXT_LIMIT = 200
WORDS_LIMIT = 24
PIECE = re.compile(r'(-?)"([^"]*)"?|(-?)([^\s"]+)')
LAST_WORD = re.compile(r"(?:^|(?<=\s))\w{2,}$")
UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069\ue000\ue001]+")


@dataclass(frozen=True, kw_only=True)
class Term:
    """A word, or the words of a phrase, that documents must have, or must not have."""

    words: tuple[str, ...]
    is_phrase: bool = False
    is_excluded: bool = False
    is_begun: bool = False
    """It is the last word of the text: its reader may be about to go on."""


Clause = list[Term]


def tidy(text: str) -> str:
    """Return the part of a visitor's text that is searched for."""
    return " ".join(UNPRINTABLE.sub(" ", text[: TEXT_LIMIT * 10]).split())[:TEXT_LIMIT]


def parsed(text: str) -> list[Clause]:
    """Return the alternatives of a tidy text, each with what it asks for. Those that ask for nothing are left out."""
    clauses: list[Clause] = [[]]
    pieces = list(PIECE.finditer(text))
    for piece in pieces:
        minus, phrase, other_minus, word = piece.groups()
        if phrase is None and word.lower() == "or" and not other_minus:
            clauses.append([])
        elif phrase is not None:
            clauses[-1] += _phrase(phrase, is_excluded=bool(minus))
        else:
            clauses[-1] += _words(word, is_excluded=bool(other_minus), is_begun=piece is pieces[-1] and _is_begun(text))
    return [clause[:WORDS_LIMIT] for clause in clauses if any(not term.is_excluded for term in clause)]


def _phrase(text: str, *, is_excluded: bool) -> list[Term]:
    found = tuple(words(text))
    return [Term(words=found, is_phrase=True, is_excluded=is_excluded)] if found else []


def _words(text: str, *, is_excluded: bool, is_begun: bool) -> list[Term]:
    found = words(text)
    if is_excluded and len(found) > 1:
        return [Term(words=tuple(found), is_phrase=True, is_excluded=True)]
    return [Term(words=(word,), is_excluded=is_excluded, is_begun=is_begun) for word in found]


def _is_begun(text: str) -> bool:
    """Say whether the last word may be the beginning of one: not quoted, not excluded."""
    return LAST_WORD.search(text) is not None
