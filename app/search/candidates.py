"""The statements that find documents: the best few of each kind first, ranked once for all pages, then the rest by date.

Bounded, so that a word in half of all posts costs little more than a rare one. The window of what is ranked does not depend on
the page: pages neither overlap nor leave anything out.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction

from app.search.asking import Asked, Pairs
from owed.sql import array, rows

COUNTED = 1_000
ALWAYS = ("titled", "near")
ENOUGH = 40  # of better kinds: then worse ones are not looked at
# Planners underrate what reading a long vector costs, and take a scan of the whole table for a common word: 5 ms become 800.
CAREFUL = "SELECT set_config('enable_seqscan', %(seqscan)s, true), set_config('jit', %(jit)s, true)"
# Read in the order of their dates, so that a LIMIT ends the reading: to look at a vector is what costs.
ALIKE = """(
    SELECT * FROM search_document WHERE {pairs}{dates} ORDER BY published_at DESC, post_id DESC OFFSET 0
) AS alike WHERE {has_words}"""
TIER = """{name} AS MATERIALIZED (
    SELECT post_id FROM {source} ORDER BY published_at DESC, post_id DESC LIMIT {limit}
)"""
WINDOW = """
WITH {tiers}
SELECT false, post_id FROM ({found}) AS found
UNION ALL SELECT true, count(*) FROM (SELECT FROM {matching} LIMIT {limit}) AS counted
"""
RANK = """
SELECT post_id FROM search_document WHERE post_id = ANY(%(ids)s)
ORDER BY {rank} DESC, published_at DESC, post_id DESC
"""
REST = """
SELECT post_id FROM {matching} AND post_id <> ALL(%(ids)s)
ORDER BY published_at DESC, post_id DESC LIMIT %(limit)s OFFSET %(offset)s
"""


@contextmanager
def careful() -> Iterator[None]:
    """Keep the planner from scanning the table, in a transaction that only reads."""
    with transaction.atomic():
        rows(CAREFUL, {"seqscan": "off", "jit": "off"})
        yield
        if len(connection.savepoint_ids):
            rows(CAREFUL, {"seqscan": "on", "jit": "on"})


class Candidates:
    """What matches a query, narrowed by dates: `dates` is SQL, `values` are its parameters."""

    def __init__(self, asked: Asked, dates: str, values: dict[str, Any], *, has_pairs: bool) -> None:
        self.asked = asked
        self.dates = dates
        self.values = values
        self.phrases = asked.phrases if has_pairs else ()
        self.neighbours = asked.neighbours if has_pairs else ()

    def window(self) -> tuple[list[int], int]:
        """Return the ids that are ranked, best first, and how many match in all, to one more than COUNTED."""
        parts, names = list[str](), list[str]()
        for name, source, limit in self._tiers():
            bounded = str(limit) if name in ALWAYS else self._unless_enough(names, limit)
            parts.append(TIER.format(name=name, source=source, limit=bounded))
            names.append(name)
        found = " UNION ".join(f"SELECT post_id FROM {name}" for name in names)  # noqa: S608 - names of tiers
        statement = WINDOW.format(tiers=",".join(parts), found=found, matching=self._matching(), limit=COUNTED + 1)
        numbers = rows(statement, self.values)
        ids = [number for is_count, number in numbers if not is_count]
        return self._ranked(ids), next(number for is_count, number in numbers if is_count)

    def rest(self, window: list[int], *, offset: int, limit: int) -> list[int]:
        """Return ids that match and are not in the window, the newest first."""
        statement = REST.format(matching=self._matching())
        return [pk for (pk,) in rows(statement, {**self.values, "ids": window, "offset": offset, "limit": limit})]

    def _tiers(self) -> Iterator[tuple[str, str, int]]:
        """Return the kinds of candidates, better ones first: a name, where they are, and how many are taken."""
        asked = self.asked
        yield "titled", self._documents(asked.titled), 60
        if self.neighbours:
            yield "near", self._documents(asked.query, self.neighbours), 40
        yield "strong", self._documents(asked.strong), 60
        if asked.hinted:
            yield "hinted", self._documents(asked.hinted), 60
        yield "anywhere", self._matching(), 140

    def _matching(self) -> str:
        return self._documents(self.asked.query)

    def _documents(self, query: str, *alike: tuple[Pairs, ...]) -> str:
        """Return the documents that match; those of phrases are found by their neighbours, and then looked at."""
        whole = " & ".join(filter(None, [f"({query})", self.asked.filters]))
        has_words = f"vector @@ {literal(whole)}::tsquery"
        pairs = [f"({' OR '.join(_has(each) for each in phrase)})" for phrase in (*self.phrases, *alike)]
        if not pairs:
            return f"search_document WHERE {has_words}{self.dates}"
        return ALIKE.format(pairs=" AND ".join(pairs), dates=self.dates, has_words=has_words)

    def _ranked(self, ids: list[int]) -> list[int]:
        asked = self.asked
        rank = f"ts_rank(vector, {literal(asked.whole)}::tsquery, 1)"
        if asked.query != asked.whole:
            rank += f" + ts_rank(vector, {literal(asked.query)}::tsquery, 1) / 4"
        return [pk for (pk,) in rows(RANK.format(rank=rank), {"ids": ids})]

    def _unless_enough(self, names: list[str], limit: int) -> str:
        before = " + ".join(f"(SELECT count(*) FROM {name})" for name in names)  # noqa: S608 - names of tiers
        return f"CASE WHEN {before} < {ENOUGH} THEN {limit} ELSE 0 END"


def literal(text: str) -> str:
    """Return a text as a literal of a statement with parameters."""
    return "E'" + text.replace("\\", "\\\\").replace("'", "''").replace("%", "%%") + "'"


def _has(pairs: Pairs) -> str:
    return f"pairs @> '{array(pairs)}'::int[]"
