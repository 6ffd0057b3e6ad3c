"""One import, from the path to the report."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from app.accounts.models import User
from app.blog.url_parts import url_parts
from app.importer import readers
from app.importer.links import Links
from app.importer.matching import Matches
from app.importer.progress_bar import ProgressBar
from app.importer.report import Report
from app.importer.save import CHUNK, Writer
from app.importer.source import Failed, SourcePost
from app.importer.spool import Spool


@dataclass(frozen=True, kw_only=True)
class Options:
    """How to import.

    `site` is the old site's address: links to pages that stay there lead there. Without `refresh` only what is missing
    comes in.
    """

    publish: bool = False
    author: User | None = None
    site: str = ""
    refresh: bool = True
    overwrite: bool = False
    chunk: int = CHUNK


def import_posts(path: Path, options: Options, *, now: datetime, progress: Callable[[int], ProgressBar]) -> Report:
    """Import what the path holds. Raises CannotRead where it is not a source at all; what is broken in it is in the report."""
    report = Report()
    host = url_parts(options.site).hostname
    with Spool() as spool:
        for post in _posts(readers.read(path, hosts=(host,) if host else (), now=now), report):
            spool.add(post)
        _write(spool, options, report, now=now, bar=progress(len(spool.summaries)))
    return report


def _posts(found: Iterator[object], report: Report) -> Iterator[SourcePost]:
    """Yield the posts, each once; all else goes to the report."""
    seen: set[tuple[str, ...]] = set()
    for each in found:
        if not isinstance(each, SourcePost):
            report.leave_out(each)  # type: ignore[arg-type]
        elif (each.key, *each.identities) in seen:
            place = f"{each.file}:{each.line}" if each.line else each.file
            report.leave_out(Failed(file=place, reason="the same post is in the source twice; the first one was taken"))
        else:
            seen.add((each.key, *each.identities))
            yield each


def _write(spool: Spool, options: Options, report: Report, *, now: datetime, bar: ProgressBar) -> None:
    matches = Matches(spool.summaries)
    writer = Writer(
        Links(spool.summaries, matches, site=options.site),
        matches,
        publish=options.publish,
        now=now,
        author=options.author,
        refresh=options.refresh,
        overwrite=options.overwrite,
    )
    try:
        for outcomes in writer.write(spool.chunks(options.chunk)):
            report.add(outcomes)
            bar.advance(len(outcomes))
    finally:
        bar.close()
