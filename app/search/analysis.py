"""How text becomes what is compared: words without accents and endings, in the language that they are written in.

PostgreSQL only stores and finds the results, so that no server's dictionaries or version matter. Whatever changes here changes
the documents: raise RECIPE, and the index is written again by itself (`search.catch_up`).
"""

from __future__ import annotations

import re
import sys
from functools import lru_cache
from threading import Lock
from unicodedata import category, normalize

import Stemmer

from app.search.folding import fold
from app.search.stop_words import stop_words

RECIPE = 1
DEFAULT = "en"
STEMMERS = {
    "ar": "arabic", "ca": "catalan", "cs": "czech", "da": "danish", "de": "german", "el": "greek", "en": "english",
    "es": "spanish", "et": "estonian", "eu": "basque", "fa": "persian", "fi": "finnish", "fr": "french", "ga": "irish",
    "hi": "hindi", "hu": "hungarian", "hy": "armenian", "id": "indonesian", "it": "italian", "lt": "lithuanian",
    "nb": "norwegian", "ne": "nepali", "nl": "dutch", "nn": "norwegian", "no": "norwegian", "pl": "polish", "pt": "portuguese",
    "ro": "romanian", "ru": "russian", "sr": "serbian", "sv": "swedish", "ta": "tamil", "tr": "turkish", "yi": "yiddish",
}  # fmt: skip
WORD_LIMIT = 60
JOINED_LIMIT = 40

Places = tuple[tuple[str, ...], ...]
"""The lexemes at each position that a word takes, the main one first; none for a stop word."""


def _marks() -> str:
    """Return the combining marks as a character class: to Python they are not part of a word, to readers of Hindi they are."""
    codes = [code for code in range(0x300, 0x10000) if category(chr(code)).startswith("M") and not chr(code).isalnum()]
    known = set(codes)
    starts, ends = [code for code in codes if code - 1 not in known], [code for code in codes if code + 1 not in known]
    return "".join(f"{chr(start)}-{chr(end)}" for start, end in zip(starts, ends, strict=True))


# Scripts without spaces between words, and Korean, whose words end in particles: read two characters at a time.
UNSPACED = (
    "\u0e00-\u0e7f\u0e80-\u0eff\u1780-\u17ff\u3005\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff"
    "\uff66-\uff9f\U00020000-\U0003134f"
)
LETTER = f"[\\w{_marks()}]"
WORD = re.compile(f"\\w{LETTER}*(?:[-\u2010\u2011]{LETTER}+)*")
WITHOUT_SPACES = re.compile(f"[{UNSPACED}]")
PARTS = re.compile(f"[{UNSPACED}]+|[^{UNSPACED}\u2010\u2011-]+")
ASCII_WORD = re.compile(r"[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*")

_stemmers: dict[str, Stemmer.Stemmer] = {}
_one_at_a_time = Lock()  # a stemmer is not made for threads


def base(tag: str) -> str:
    """Return the language of a tag as it is analysed: `de` of de-AT. English where we have no stemmer for it."""
    code = tag.partition("-")[0].lower()
    return code if code in STEMMERS else DEFAULT


def words(text: str) -> list[str]:
    """Return the words as they are written, in their order; hyphens join."""
    return ASCII_WORD.findall(text) if text.isascii() else WORD.findall(text.replace("_", " "))


@lru_cache(maxsize=60_000)
def places(word: str, language: str) -> Places:
    """Return the lexemes of a written word. `micro-purchase` takes two positions, and is `micropurchase` too."""
    parts = PARTS.findall(word[:WORD_LIMIT])
    taken = [place for part in parts for place in _of_part(part, language)]
    if taken and (whole := joined(word, language)):
        taken[0] = (*taken[0], whole)
    return tuple(taken)


@lru_cache(maxsize=10_000)
def joined(word: str, language: str) -> str:
    """Return the lexeme of a word with hyphens as if it had none; empty for other words."""
    parts = re.split("[-\u2010\u2011]", word)
    if not 1 < len(parts) < 4 or len(word) > JOINED_LIMIT or is_unspaced(word):
        return ""
    return next(iter(_stemmed("".join(parts), language)), "")


def is_unspaced(word: str) -> bool:
    return not word.isascii() and WITHOUT_SPACES.search(word) is not None


def is_stop(word: str, language: str) -> bool:
    """Return whether the word says nothing: a stop word, or one without letters, such as a lone Arabic tatweel."""
    folded = fold(word).strip("-\u2010\u2011")
    return not folded or folded in stop_words(language)


def _of_part(part: str, language: str) -> list[tuple[str, ...]]:
    if is_unspaced(part):
        return _pairs_of_characters(fold(part))
    return [() if is_stop(part, language) else _stemmed(part, language)]


def _pairs_of_characters(text: str) -> list[tuple[str, ...]]:
    """Return each character with the next one, and the last alone: two and more are found exactly, one by its beginning."""
    return [(text[at : at + 2],) for at in range(len(text))]


def _stemmed(word: str, language: str) -> tuple[str, ...]:
    """Return stem(fold(word)) and, if it is another, fold(stem(word)). Nothing where folding leaves no letter.

    Folded first, English `résumé` meets `resume`; stemmed first, French `aimée` meets `aimé`.
    """
    folded = fold(word)
    if not folded or folded.isdigit():
        return (folded,) if folded else ()
    suffix = "" if language == DEFAULT else f"·{language}"
    first = _stem(folded, language)
    if word.isascii():
        return (sys.intern(first + suffix),)
    second = fold(_stem(normalize("NFC", word).lower(), language))
    return (first + suffix,) if first == second else (first + suffix, second + suffix)


def _stem(word: str, language: str) -> str:
    with _one_at_a_time:
        stemmer = _stemmers.get(language) or _stemmers.setdefault(language, Stemmer.Stemmer(STEMMERS[language], 0))
        return str(stemmer.stemWord(word))
