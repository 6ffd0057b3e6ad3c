"""Shortening text for people: between words where there are any, and never inside what they see as one character."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator
from itertools import pairwise

Measure = Callable[[str], int]
ZWJ, ELLIPSIS = "\u200d", "…"
LETTERS_OF_A_WORD = 10


def shortened(text: str, *, words: int) -> str:
    """Return the first words, and an ellipsis where there are more. Very long words, or a script without spaces, are cut."""
    every = text.split()
    first = " ".join(every[:words])
    return cut(first + (ELLIPSIS if len(every) > words else ""), words * LETTERS_OF_A_WORD)


def cut(text: str, limit: int, measure: Measure = len) -> str:
    """Return the text if it fits, else its first words and an ellipsis."""
    if measure(text) <= limit:
        return text
    if limit < 2:
        return ""
    kept = ""
    for cluster in clusters(text):
        if measure(kept + cluster) > limit - 1:
            break
        kept += cluster
    words = kept.rsplit(None, 1)
    whole = words[0] if len(words) == 2 and len(words[0]) > len(kept) // 2 else _whole_syllables(kept, text)
    return whole.rstrip(" ,;:.–—-") + ELLIPSIS


def _whole_syllables(kept: str, text: str) -> str:
    """Return the beginning of the text without a last letter whose vowel sign, a mark of its own width, was cut off."""
    following = text[len(kept) : len(kept) + 1]
    while kept and following and unicodedata.category(following) == "Mc":
        kept, following = kept[:-1], kept[-1:]
    return kept


def graphemes(text: str) -> int:
    """Count user-perceived characters: of what people write never fewer than Unicode's rules (UAX 29) do."""
    return sum(1 for _ in clusters(text))


def clusters(text: str) -> Iterator[str]:
    """Yield the text in pieces between which it may be cut."""
    cluster = text[:1]
    for before, char in pairwise(text):
        if _joins(cluster, before, char):
            cluster += char
        else:
            yield cluster
            cluster = char
    if cluster:
        yield cluster


def _joins(cluster: str, before: str, char: str) -> bool:
    if char in (ZWJ, "\u200c") or unicodedata.category(char) in ("Mn", "Me") or _is_modifier(char):
        return before not in "\r\n"
    if before == ZWJ:
        return _pictures(cluster[0]) and _pictures(char) and not cluster.endswith(ZWJ * 2)
    return _is_flag_half(char) and _is_flag_half(before) and len(cluster) == 1


def _is_modifier(char: str) -> bool:
    """Return whether this is a colour of skin, or a letter of a flag that is spelled out, as that of Wales is."""
    return "\U0001f3fb" <= char <= "\U0001f3ff" or "\U000e0020" <= char <= "\U000e007f"


def _pictures(char: str) -> bool:
    return "\u2600" <= char <= "\u27bf" or "\U0001f300" <= char <= "\U0001f6ff" or "\U0001f900" <= char <= "\U0001faff"


def _is_flag_half(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"
