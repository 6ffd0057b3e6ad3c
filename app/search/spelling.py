"""What words that are only begun may become, and what misspelt ones may mean: looked up in the vocabulary."""

from __future__ import annotations

from app.search.analysis import PARTS, RECIPE, base, is_stop, is_unspaced
from app.search.asking import Speech
from app.search.folding import fold
from app.search.parsing import Clause
from app.search.vocabulary import LONGEST, SHORTEST, nearby_misspelt
from app.site.current import site
from owed.sql import array, rows

ENOUGH = 20  # documents: a word in so many is not completed
COMPLETIONS = 12
LANGUAGES = 12
SHORTEST_MISSPELT = 4
LONGEST_MISSPELT = LONGEST + 2
"""No word of the vocabulary is near a longer one, and the number of its neighbours grows with its square."""

LOOK_UP = """
SELECT word, docs FROM search_word WHERE word = ANY(%(words)s)
UNION ALL SELECT word, docs FROM search_word WHERE word >= '^' AND word < '_'
UNION ALL SELECT '', 1 WHERE EXISTS (SELECT FROM search_document WHERE recipe < %(recipe)s)
"""
COMPLETE = "SELECT word FROM search_word WHERE word > %s AND word < %s ORDER BY docs DESC, word LIMIT %s"
NEAR = "SELECT word, docs FROM search_word WHERE near && %s::int[]"


class Lookup:
    """What the vocabulary says of the words of a query."""

    def __init__(self, clauses: list[Clause]) -> None:
        self.words = {word: fold(word) for clause in clauses for term in clause for word in term.words}
        found = rows(LOOK_UP, {"words": list(self.words.values()), "recipe": RECIPE})
        self.docs: dict[str, int] = dict(found)
        self.is_behind = "" in self.docs
        """Documents of an earlier release are not written again yet: they have no neighbours."""

    def speech(self, clauses: list[Clause]) -> Speech:
        begun = [term.words[0] for clause in clauses for term in clause if term.is_begun]
        return Speech(languages=self.languages(), completions={word: self.completions(word) for word in begun})

    def languages(self) -> tuple[str, ...]:
        """Return the languages to ask in: the site's, English, in which numbers and names are read, and the most frequent."""
        counted = sorted((word for word in self.docs if word.startswith("^")), key=lambda word: -self.docs[word])
        own = base(site().language)
        return tuple(dict.fromkeys([own, "en", *(word[1:] for word in counted)]))[:LANGUAGES]

    def completions(self, word: str) -> tuple[str, ...]:
        begun = self.words[word]
        if len(begun) < SHORTEST or not _is_plain(word) or self.docs.get(begun, 0) >= ENOUGH:
            return ()
        return tuple(word for (word,) in rows(COMPLETE, [begun, begun + "\U0010ffff", COMPLETIONS]))

    def corrections(self, clauses: list[Clause]) -> dict[str, str]:
        """Return what is meant by the words that no document has."""
        typed = {term.words[0] for clause in clauses for term in clause if not term.is_phrase and not term.is_excluded}
        unknown = [word for word in typed if self._is_unknown(word)]
        return {word: meant for word in unknown if (meant := meant_by(self.words[word]))}

    def _is_unknown(self, word: str) -> bool:
        folded, own = self.words[word], self.languages()[0]
        if not SHORTEST_MISSPELT <= len(folded) <= LONGEST_MISSPELT:
            return False
        return _is_plain(word) and folded not in self.docs and not is_stop(word, own)


def meant_by(word: str) -> str:
    """Return the word of the vocabulary that is nearest, of equally near ones the most frequent. Empty: none is near."""
    most = 1 if len(word) <= SHORTEST_MISSPELT else 2
    near = rows(NEAR, [array(nearby_misspelt(word))])
    found = [(distance, -docs, known) for known, docs in near if (distance := edits(word, known)) <= most]
    return min(found)[2] if found else ""


def edits(first: str, second: str) -> int:
    """Return how many letters were left out, added, replaced or swapped with the next (optimal string alignment)."""
    before, last = list[int](), list(range(len(second) + 1))
    for i, letter in enumerate(first, 1):
        now = [i]
        for j, other in enumerate(second, 1):
            cost = min(last[j] + 1, now[-1] + 1, last[j - 1] + (letter != other))
            if i > 1 and j > 1 and letter == second[j - 2] and first[i - 2] == other:
                cost = min(cost, before[j - 2] + 1)
            now.append(cost)
        before, last = last, now
    return last[-1]


def _is_plain(word: str) -> bool:
    return not is_unspaced(word) and len(PARTS.findall(word)) == 1 and not word.isdigit()
