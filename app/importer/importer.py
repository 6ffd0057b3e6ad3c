"""One import, from the path to the report."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from app.accounts.models import User
from app.blog.url_parts import url_parts
from app.importer import readers
from app.importer.links import Links
from app.importer.matching import Matches
from app.importer.outcome import Keep, Outcome
from app.importer.preview import Preview
from app.importer.progress_bar import ProgressBar
from app.importer.report import Report
from app.importer.save import CHUNK, Writer
from app.importer.source import Failed, SourcePost
from app.importer.spool import Spool


@dataclass(frozen=True, kw_only=True)
class Options:
    """How to import.

    `site` is the old site's address: links to pages that stay there lead there. Without `refresh` only what is missing
    comes in. `origin` names the source where its path does not.
    """

    publish: bool = False
    author: User | None = None
    site: str = ""
    refresh: bool = True
    overwrite: bool = False
    chunk: int = CHUNK
    origin: str = ""


def import_posts(
    path: Path, options: Options, *, now: datetime, progress: Callable[[int], ProgressBar], keep: Keep | None = None
) -> Report:
    """Import what the path holds. Raises CannotRead where it is not a source at all; what is broken in it is in the report."""
    report = Report()
    with Spool() as spool:
        read(path, options, spool, report, now=now)
        bar = progress(len(spool.summaries))
        _follow(written(spool, options, now=now, keep=keep), report, bar)
    return report


def preview_posts(path: Path, options: Options, *, now: datetime, progress: Callable[[int], ProgressBar]) -> Report:
    """Return what import_posts() would report, and store nothing."""
    report = Report(is_preview=True)
    with Spool() as spool:
        read(path, options, spool, report, now=now)
        bar = progress(len(spool.summaries))
        _follow(foreseen(spool, options, now=now), report, bar)
    return report


def read(path: Path, options: Options, spool: Spool, report: Report, *, now: datetime) -> None:
    """Put the posts on the spool, each once; all else goes to the report. Raises CannotRead."""
    host = url_parts(options.site).hostname
    for post in _posts(readers.read(path, hosts=(host,) if host else (), now=now, origin=options.origin), report):
        spool.add(post)


def written(
    spool: Spool, options: Options, *, now: datetime, keep: Keep | None = None, skip: Collection[int] = ()
) -> Iterator[list[Outcome]]:
    """Write the posts, without those whose numbers are to be skipped. Yield the outcomes of each chunk once it is committed."""
    matches = Matches(spool.summaries)
    writer = Writer(
        Links(spool.summaries, matches, site=options.site),
        matches,
        publish=options.publish,
        now=now,
        author=options.author,
        refresh=options.refresh,
        overwrite=options.overwrite,
        keep=keep,
    )
    yield from writer.write(spool.chunks(options.chunk, skip=skip))


def foreseen(spool: Spool, options: Options, *, now: datetime) -> Iterator[list[Outcome]]:
    """Yield the outcomes that written() would."""
    matches = Matches(spool.summaries)
    links = Links(spool.summaries, matches, site=options.site)
    preview = Preview(links, matches, publish=options.publish, now=now, overwrite=options.overwrite)
    yield from preview.outcomes(spool.chunks(options.chunk))


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


def _follow(outcomes: Iterator[list[Outcome]], report: Report, bar: ProgressBar) -> None:
    try:
        for chunk in outcomes:
            report.add(chunk)
            bar.advance(len(chunk))
    finally:
        bar.close()
