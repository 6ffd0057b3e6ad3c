"""One import, from the path to the report."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from app.accounts.models import User
from app.importer import readers
from app.importer.entry import Broken, Entry
from app.importer.plan import plan
from app.importer.progress import Progress
from app.importer.report import Report
from app.importer.write import CHUNK, Writer


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


def import_posts(path: Path, options: Options, *, now: datetime, progress: Callable[[int], Progress]) -> Report:
    """Bring in what the path holds. Raises Unreadable where it is no source at all; what is broken in it is in the report."""
    report, entries = Report(), list[Entry]()
    host = urlsplit(options.site).hostname
    seen: set[str] = set()
    for read in readers.read(path, hosts=(host,) if host else ()):
        if not isinstance(read, Entry):
            report.skip(read)
        elif read.source in seen:
            report.skip(Broken(source=read.source, reason="the same post stands in the source twice; the first one was taken"))
        else:
            seen.add(read.source)
            entries.append(read)
    _write(entries, options, report, now=now, progress=progress(len(entries)))
    return report


def _write(entries: list[Entry], options: Options, report: Report, *, now: datetime, progress: Progress) -> None:
    writer = Writer(
        publish=options.publish, now=now, author=options.author, refresh=options.refresh, overwrite=options.overwrite
    )
    try:
        for outcomes in writer.write(plan(entries, site=options.site), chunk=options.chunk):
            report.add(outcomes)
            progress.move(len(outcomes))
    finally:
        progress.end()
