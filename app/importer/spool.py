"""Posts on their way from the source to the database, on disk: an import of any size needs the memory of one chunk."""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from tempfile import TemporaryFile
from types import TracebackType
from typing import Self

from app.importer.markdown_urls import urls_in
from app.importer.source import SourceAuthor, SourcePost


@dataclass(frozen=True, kw_only=True)
class Summary:
    """What must be known of all posts before the first one is stored: who it is, where it was, what it wants to be called.

    `identities` are checksums; `fingerprint` is one of the title, the date and the text.
    """

    number: int
    key: str
    identities: tuple[str, ...]
    fingerprint: str
    slug: str
    old_urls: tuple[str, ...]
    link_names: tuple[str, ...]
    authors: tuple[SourceAuthor, ...]
    tags: tuple[str, ...]
    category: str
    published_at: datetime | None

    @property
    def identity(self) -> str:
        """Return a checksum that no other post of this source has."""
        return _checksum("\0".join((self.key, *self.identities)))


class Spool:
    """A file of posts, written once and read once, in order. It is deleted when the import ends, however it ends."""

    def __init__(self) -> None:
        self._file = TemporaryFile()  # noqa: SIM115 - closed by __exit__
        self.summaries: list[Summary] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._file.close()

    def add(self, post: SourcePost) -> None:
        # Readers have just looked for the addresses; by the time when they are needed, others have taken their place in memory.
        pickle.dump(replace(post, urls=urls_in(post.content)), self._file)
        self.summaries.append(summary_of(post, len(self.summaries)))

    def chunks(self, size: int, *, skip: Collection[int] = ()) -> Iterator[list[tuple[Summary, SourcePost]]]:
        """Yield the posts again, so many at a time, each with its summary, without those whose numbers are to be skipped."""
        self._file.seek(0)
        for start in range(0, len(self.summaries), size):
            summaries = self.summaries[start : start + size]
            # Only this process has written to this file: it has no name, and is gone with its descriptor.
            posts = [(summary, pickle.load(self._file)) for summary in summaries]  # noqa: S301
            if wanted := [(summary, post) for summary, post in posts if summary.number not in skip]:
                yield wanted


def summary_of(post: SourcePost, number: int) -> Summary:
    date = post.published_at.isoformat() if post.published_at else ""
    return Summary(
        number=number,
        key=post.key,
        identities=tuple(_checksum(identity)[:32] for identity in post.identities),
        fingerprint=_checksum("\0".join((post.title, date, post.content))),
        slug=post.slug,
        old_urls=post.old_urls,
        link_names=post.link_names,
        authors=post.authors,
        tags=post.tags,
        category=post.category,
        published_at=post.published_at,
    )


def _checksum(text: str) -> str:
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()
