"""What became of one post, as the report and the database keep it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from django.utils.translation import gettext as _

from app.importer.models import Done
from app.importer.outcome import Outcome
from app.importer.source import Loss, LossKind, SourcePost


class Entry(Protocol):
    """One post in a report. `losses` are (kind, where, what), `draft` says why it was not public at the source."""

    @property
    def place(self) -> str: ...
    @property
    def done(self) -> str: ...
    @property
    def reason(self) -> str: ...
    @property
    def draft(self) -> str: ...
    @property
    def losses(self) -> Sequence[Sequence[str]]: ...
    @property
    def is_published(self) -> bool: ...
    @property
    def is_scheduled(self) -> bool: ...
    @property
    def images(self) -> int: ...
    @property
    def comments(self) -> int: ...
    @property
    def addresses(self) -> int: ...


@dataclass(frozen=True, kw_only=True)
class Noted:
    """An entry that is in no database."""

    place: str
    title: str
    done: str
    reason: str = ""
    draft: str = ""
    losses: list[list[str]] = field(default_factory=list)
    is_published: bool = False
    is_scheduled: bool = False
    images: int = 0
    comments: int = 0
    addresses: int = 0


def noted(outcome: Outcome) -> Noted:
    post = outcome.planned.post
    failed = outcome.done == Done.FAILED
    return Noted(
        place=_storable(place(post)),
        title=_storable(post.title),
        done=str(outcome.done),
        reason=outcome.reason,
        draft="" if failed else post.private or (_("no date") if post.published_at is None else ""),
        losses=[]
        if failed
        else [[str(loss.kind), _storable(place(post, loss.line)), _storable(loss.what)] for loss in _losses(outcome)],
        is_published=outcome.published,
        is_scheduled=outcome.scheduled,
        images=outcome.images,
        comments=outcome.comments,
        addresses=outcome.addresses,
    )


def place(post: SourcePost, line: int | None = None) -> str:
    """Return where a post is in its source, as editors open it: file:line."""
    line = line or post.line
    where = f"{post.file}:{line}" if line else post.file
    return f"{where} ({post.label})" if post.label else where


def _losses(outcome: Outcome) -> Iterator[Loss]:
    """Yield what the reader noticed, and what was found out while storing."""
    post = outcome.planned.post
    yield from post.losses
    missing = outcome.missing or [image for image in post.images if image.path is None]
    for image in {image.url: image for image in missing}.values():
        yield Loss(kind=LossKind.IMAGE, what=f"{image.url} ({image.problem or 'missing'})", line=post.lines.get(image.url))
    for url in outcome.planned.dead_links:
        if url not in {image.url for image in missing}:
            yield Loss(kind=LossKind.LINK, what=url, line=post.lines.get(url))
    for url in outcome.taken:
        yield Loss(kind=LossKind.ADDRESS, what=url)


def _storable(text: str) -> str:
    """Return text that a database takes: without NUL, and no half of a character."""
    return text.encode(errors="replace").decode().replace("\0", "")
