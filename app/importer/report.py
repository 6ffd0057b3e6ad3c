"""What an import did, for the person who started it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from app.importer.entry import Broken, Ignored
from app.importer.write import Done, Outcome

SHOWN = 10


@dataclass
class Report:
    """Counts, and the names behind each count."""

    done: Counter[Done] = field(default_factory=Counter)
    published: int = 0
    scheduled: int = 0
    pictures: int = 0
    broken: dict[str, str] = field(default_factory=dict)
    ignored: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    missing: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    unknown_tags: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    dead_links: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    notes: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def skip(self, left_out: Broken | Ignored) -> None:
        if isinstance(left_out, Broken):
            self.broken[left_out.source] = left_out.reason
        else:
            self.ignored[left_out.reason].append(left_out.source)

    def add(self, outcomes: Iterable[Outcome]) -> None:
        for outcome in outcomes:
            self._add(outcome)

    def _add(self, outcome: Outcome) -> None:
        entry, self.done[outcome.done] = outcome.planned.entry, self.done[outcome.done] + 1
        self.published += outcome.published
        self.pictures += outcome.pictures
        if outcome.done == Done.BROKEN:
            self.broken[entry.source] = outcome.reason
        if outcome.done == Done.KEPT:
            self.notes["edited here since the last import, left alone (--overwrite takes the source)"].append(entry.source)
        if outcome.done in {Done.CREATED, Done.UPDATED}:
            self._name(outcome)

    def _name(self, outcome: Outcome) -> None:
        entry = outcome.planned.entry
        if entry.published_at is None:
            self.notes["no date: left a draft"].append(entry.source)
        for note in entry.notes:
            self.notes[note].append(entry.source)
        for url, problem in {picture.url.lstrip("/"): picture.problem for picture in outcome.missing}.items():
            self.missing[entry.source].append(f"{url} ({problem})")
        for tag in dict.fromkeys(entry.unknown_tags):
            self.unknown_tags[tag].append(entry.source)
        for link in outcome.planned.dead_links:
            self.dead_links[entry.source].append(link)

    @property
    def landed(self) -> int:
        return sum(self.done[each] for each in (Done.CREATED, Done.UPDATED, Done.UNCHANGED, Done.KEPT))

    def lines(self, *, all_names: bool = False) -> Iterator[str]:
        """Yield the summary. Broken files are always named, the others up to ten unless all are wanted."""
        limit = None if all_names else SHOWN
        yield self._counts()
        yield from _group(self.unknown_tags, "Template tags that nobody knows, taken out", limit)
        yield from _group(self.missing, "Pictures that are not there, their description shown instead", limit)
        yield from _group(
            self.dead_links, "Links to pages that were not imported, their words kept; --site keeps the links", limit
        )
        yield from _group(self.notes, "To know", limit)
        yield from _group(self.ignored, "Files that are no posts", limit)
        yield from (f"  broken: {source}: {reason}" for source, reason in sorted(self.broken.items()))

    def _counts(self) -> str:
        names = (Done.CREATED, Done.UPDATED, Done.UNCHANGED, Done.KEPT)
        counts = ", ".join(f"{self.done[name]:,} {name}" for name in names if self.done[name] or name == Done.CREATED)
        more = f"{self.published:,} published; {self.pictures:,} pictures; {len(self.broken):,} broken"
        return f"{self.landed:,} posts: {counts}; {more}"


def _group(found: dict[str, list[str]], heading: str, limit: int | None) -> Iterator[str]:
    if not found:
        return
    yield f"{heading} ({sum(map(len, found.values())):,}):"
    for name, items in sorted(found.items())[:limit]:
        more = f" and {len(items) - 5} more" if limit and len(items) > 5 else ""
        yield f"  {name}: {', '.join(items[:5] if limit else items)}{more}"
    if limit and len(found) > limit:
        yield f"  ... and {len(found) - limit:,} more; -v 2 names all"
