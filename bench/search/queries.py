"""Queries of every class, drawn from what the posts say."""

from __future__ import annotations

import random
import string
from collections import Counter
from collections.abc import Callable

from app.search.stop_words import stop_words
from owed.sql import rows

SOME = "SELECT body FROM search_document WHERE post_id = ANY(%s)"


class Questions:
    """Draws queries. Shares are of all posts."""

    def __init__(self, vocabulary: Counter[str], number: int, seed: int = 1) -> None:
        self.dice = random.Random(seed)
        plain = {word: docs for word, docs in vocabulary.items() if word.isascii() and word.isalpha()}
        self.words = sorted(plain)
        self.weights = [plain[word] for word in self.words]
        self.bands = {
            "rare": self._band(plain, 1, number * 0.0005),
            "middling": self._band(plain, number * 0.005, number * 0.02),
            "common": self._band(plain, number * 0.05, number * 0.15),
            "very common": self._band(plain, number * 0.2, number),
        }
        ids = self.dice.sample(range(1, number + 1), min(number, 400))
        self.texts = [body.split() for (body,) in rows(SOME, [ids])]

    def classes(self) -> dict[str, Callable[[], str]]:
        word = self.word
        return {
            "rare": lambda: word("rare"),
            "middling, 0.5-2%": lambda: word("middling"),
            "common, 5-15%": lambda: word("common"),
            "very common, over 20%": lambda: word("very common"),
            "common and middling": lambda: f"{word('common')} {word('middling')}",
            "two common": lambda: f"{word('common')} {word('common')}",
            "two very common": lambda: f"{word('very common')} {word('very common')}",
            "phrase, mostly none": lambda: f'"{word("middling")} {word("middling")}"',
            "phrase that exists": self.phrase,
            "phrase of two very common": lambda: f'"{word("very common")} {word("very common")}"',
            "begun, 3 letters": lambda: word("common")[:3],
            "begun, 4-5 letters": lambda: word("middling")[: self.dice.choice((4, 5))],
            "word and a beginning": lambda: f"{word('common')} {word('middling')[:3]}",
            "misspelt": self.misspelt,
            "nothing": lambda: "".join(self.dice.choices("qxzjw", k=9)),
            "as frequent as in texts": lambda: self.dice.choices(self.words, self.weights)[0],
        }

    def word(self, band: str) -> str:
        return self.dice.choice(self.bands[band])

    def phrase(self) -> str:
        while True:
            text = self.dice.choice(self.texts)
            at = self.dice.randrange(len(text) - 2)
            pair = text[at : at + 2]
            if all(each.isascii() and each.isalpha() and each.lower() not in stop_words("en") for each in pair):
                return f'"{" ".join(pair)}"'

    def misspelt(self) -> str:
        word = self.word("middling") + self.dice.choice(string.ascii_lowercase)
        at = self.dice.randrange(1, len(word) - 1)
        return word[:at] + self.dice.choice("qxzj") + word[at + 1 :]

    def _band(self, plain: dict[str, int], least: float, most: float) -> list[str]:
        found = sorted(word for word, docs in plain.items() if least <= docs <= most and len(word) > 3)
        return found or [max(plain, key=lambda word: plain[word])]
