"""Which post here is which post of the source: a second import updates, and two sources never overwrite each other.

A key (a path, a guid) may be in two sources, and twice in one. So a post is known by its key and one of its identities: its
site's name or folder with its path, its number in its WordPress.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import islice

from app.importer.models import Origin
from app.importer.spool import Summary

BATCH = 1_000


class Matches:
    """The posts that an earlier import made of these, by number of the summary."""

    def __init__(self, summaries: Sequence[Summary]) -> None:
        self._post_ids: dict[int, int] = {}
        origins = _origins({summary.key for summary in summaries})
        waiting: dict[str, list[Summary]] = defaultdict(list)
        for summary in summaries:
            waiting[summary.key].append(summary)
        for key, candidates in origins.items():
            self._match(waiting[key], candidates)

    def post_id(self, summary: Summary) -> int | None:
        return self._post_ids.get(summary.number)

    def post_ids(self) -> set[int]:
        return set(self._post_ids.values())

    def _match(self, summaries: list[Summary], origins: list[Origin]) -> None:
        """Match by identity; then those of before identities were kept; then what is word for word the same, elsewhere."""
        rules = (
            lambda summary, origin: bool(set(summary.identities) & set(origin.identities)),
            lambda summary, origin: not origin.identities,
            lambda summary, origin: summary.fingerprint == origin.fingerprint,
        )
        for rule in rules:
            for summary in summaries:
                found = next((origin for origin in origins if rule(summary, origin)), None)
                if found is not None and summary.number not in self._post_ids:
                    self._post_ids[summary.number] = found.post_id
                    origins.remove(found)


def _origins(keys: set[str]) -> dict[str, list[Origin]]:
    found: dict[str, list[Origin]] = defaultdict(list)
    for batch in _batches(sorted(keys)):
        for origin in Origin.objects.filter(key__in=batch).order_by("pk"):
            found[origin.key].append(origin)
    return found


def _batches(keys: list[str]) -> Iterator[list[str]]:
    remaining = iter(keys)
    while batch := list(islice(remaining, BATCH)):
        yield batch
