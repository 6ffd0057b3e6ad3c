"""Two texts of a post, field by field, as a page shows what differs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _

from app.blog import diff
from app.blog.diff import Block, Kind, Piece

AROUND = 2  # unchanged lines that are shown next to a change
FOLDED = 3  # fewer are not worth folding
TAGS: dict[Kind, str] = {"same": "{}", "removed": "<del>{}</del>", "added": "<ins>{}</ins>"}
LABELS: dict[str, Promise] = {
    "title": _("Title"),
    "excerpt": _("Excerpt"),
    "content": _("Text"),
    "slug": _("Web address"),
    "category": _("Category"),
    "tags": _("Tags"),
    "language": _("Language"),
}


@dataclass(frozen=True)
class Row:
    """A part of a text. `folded` is how many lines it hides until it is opened."""

    pieces: tuple[Piece, ...]
    folded: int = 0

    @property
    def both(self) -> SafeString:
        """Return both texts in one, as HTML: here every space counts, and a template's formatter adds some."""
        return _html(self.pieces)

    @property
    def before(self) -> SafeString:
        return _html([piece for piece in self.pieces if piece.kind != "added"])

    @property
    def after(self) -> SafeString:
        return _html([piece for piece in self.pieces if piece.kind != "removed"])


@dataclass(frozen=True)
class Difference:
    name: str
    label: Promise
    rows: list[Row]


def differences(before: Mapping[str, str], after: Mapping[str, str]) -> list[Difference]:
    """Return the fields that differ. Fields that one of the two has not are empty there."""
    found = []
    for name, label in LABELS.items():
        old, new = (text.get(name, "").replace("\r\n", "\n") for text in (before, after))
        if old != new:
            found.append(Difference(name, label, list(_rows(diff.blocks(old, new)))))
    return found


def _rows(blocks: list[Block]) -> Iterable[Row]:
    for place, block in enumerate(blocks):
        if block.is_same:
            yield from _fold(block, is_first=place == 0, is_last=place == len(blocks) - 1)
        else:
            yield Row(block.pieces)


def _fold(block: Block, *, is_first: bool, is_last: bool) -> Iterable[Row]:
    lines = block.pieces[0].text.splitlines(keepends=True)
    head, tail = 0 if is_first else AROUND, len(lines) - (0 if is_last else AROUND)
    if tail - head < FOLDED:
        yield Row(block.pieces)
        return
    yield from _same(lines[:head])
    yield Row((Piece("same", "".join(lines[head:tail])),), folded=tail - head)
    yield from _same(lines[tail:])


def _same(lines: list[str]) -> Iterable[Row]:
    if lines:
        yield Row((Piece("same", "".join(lines)),))


def _html(pieces: Iterable[Piece]) -> SafeString:
    return mark_safe("".join(format_html(TAGS[piece.kind], piece.text) for piece in pieces))  # noqa: S308 - joins safe parts
