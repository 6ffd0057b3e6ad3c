"""What an import did, for the person who started it: one honest sentence, then each loss by file and line."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from app.importer.entries import Entry, noted
from app.importer.models import Done
from app.importer.outcome import Outcome
from app.importer.source import Failed, LossKind, Notice, Skipped

SHOWN = 20
LANDED = (Done.CREATED, Done.UPDATED, Done.UNCHANGED, Done.KEPT)
HEADINGS: dict[LossKind, str | Promise] = {
    LossKind.TAG: gettext_lazy("Template tags that were not understood. Write by hand what they showed"),
    LossKind.SHORTCODE: gettext_lazy("Shortcodes that were not understood, taken out. Write by hand what they showed"),
    LossKind.ATTRIBUTE: gettext_lazy("Styling attributes, taken out. Their text is all there"),
    LossKind.IMAGE: gettext_lazy(
        "Images that could not be stored; their description is shown. Put the files in place and import again"
    ),
    LossKind.REMOTE_IMAGE: gettext_lazy(
        "Images on other sites that readers will not see. Save them, upload them in the studio and insert them again"
    ),
    LossKind.INSECURE_IMAGE: gettext_lazy(
        "Pictures at http://…. Browsers ask for them over https, and show only the description where the host has none. "
        "If so, save them, upload them in the studio and insert them again"
    ),
    LossKind.LINK: gettext_lazy(
        "Links to pages that were not imported; their words stay. Give the old site's address (--site) to link to it, or edit "
        "the posts"
    ),
    LossKind.EMBED: gettext_lazy("Embedded media that became links. Nothing needs to be done"),
    LossKind.HTML: gettext_lazy("HTML that posts cannot show, taken out. Write by hand what it showed"),
    LossKind.TEXT: gettext_lazy("Characters that had to be replaced or taken out. Compare these lines with the source"),
    LossKind.COMMENT: gettext_lazy("Comments left behind"),
    LossKind.ADDRESS: gettext_lazy("Old addresses that lead to another post"),
    LossKind.FIELD: gettext_lazy("Details that have no place here"),
}


@dataclass
class Report:
    """Counts, and what is behind each count. The keys of `losses` are kinds, its values where and what.

    `is_preview` where nothing was stored yet. `unread` are files that may be posts, in a format that no reader knows.
    """

    is_preview: bool = False
    done: Counter[str] = field(default_factory=Counter)
    published: int = 0
    scheduled: int = 0
    images: int = 0
    comments: int = 0
    addresses: int = 0
    lossy: int = 0
    unread: int = 0
    failed: dict[str, str] = field(default_factory=dict)
    skipped: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    notices: list[str] = field(default_factory=list)
    losses: dict[LossKind, list[str]] = field(default_factory=lambda: defaultdict(list))
    drafts: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    kept: list[str] = field(default_factory=list)

    def leave_out(self, found: Failed | Skipped | Notice) -> None:
        if isinstance(found, Failed):
            self.failed[found.file] = found.reason
        elif isinstance(found, Notice):
            self.notices.append(f"{found.file}: {found.text}")
        else:
            self.skipped[found.reason].append(found.file)
            self.unread += found.is_unread

    def add(self, outcomes: Iterable[Outcome]) -> None:
        self.add_entries(noted(outcome) for outcome in outcomes)

    def add_entries(self, entries: Iterable[Entry]) -> None:
        for entry in entries:
            self._add(entry)

    def _add(self, entry: Entry) -> None:
        self.done[entry.done] += 1
        self.published += entry.is_published
        self.scheduled += entry.is_scheduled
        self.images += entry.images
        self.comments += entry.comments
        self.addresses += entry.addresses
        if entry.done == Done.FAILED:
            self.failed[entry.place] = entry.reason
            return
        if entry.done == Done.KEPT:
            self.kept.append(entry.place)
        if entry.draft:
            self.drafts[entry.draft].append(entry.place)
        self.lossy += bool(entry.losses)
        for kind, where, what in entry.losses:
            self.losses[LossKind(kind)].append(f"{where}: {what}")

    def left_out(self) -> dict[str, Any]:
        """Return, as JSON, what was left out beside the posts; take_left_out() adds it to another report."""
        return {"failed": self.failed, "skipped": self.skipped, "notices": self.notices, "unread": self.unread}

    def take_left_out(self, found: Mapping[str, Any]) -> None:
        """Add what left_out() of another report returned."""
        self.failed |= found.get("failed", {})
        self.notices += found.get("notices", [])
        self.unread += found.get("unread", 0)
        for reason, files in found.get("skipped", {}).items():
            self.skipped[reason] += files

    @property
    def landed(self) -> int:
        return sum(self.done[each] for each in LANDED)

    @property
    def left_files(self) -> int:
        return sum(len(files) for files in self.skipped.values())

    def lines(self, *, all_names: bool = False) -> Iterator[str]:
        """Yield the report. Losses and failures are always complete, other lists only where all names are wanted."""
        yield self.sentence()
        yield self.counts()
        for heading, items, is_long in self.sections():
            yield from _section(heading, items, SHOWN if is_long and not all_names else None)

    def sections(self) -> Iterator[tuple[str, list[str], bool]]:
        """Yield a heading with what to do, what it is about, and whether that may be cut short."""
        if self.failed:
            heading = _("Cannot be imported") if self.is_preview else _("Not imported")
            yield heading, [f"{file}: {reason}" for file, reason in sorted(self.failed.items())], False
        for kind, advice in HEADINGS.items():
            if self.losses[kind]:
                yield str(advice), self.losses[kind], False
        for reason, files in sorted(self.drafts.items()):
            yield _("Left as drafts: %(reason)s") % {"reason": reason}, files, False
        if self.kept:
            yield (
                _("Edited here since the last import and left alone; overwriting (--overwrite) takes the source"),
                self.kept,
                False,
            )
        if self.notices:
            yield _("About the source"), self.notices, False
        for reason, files in sorted(self.skipped.items()):
            yield _("Not a post (%(reason)s)") % {"reason": reason}, files, True

    def sentence(self) -> str:
        """Return what happened, or would happen, in one sentence."""
        total, lossy, failed = self.landed, self.lossy, len(self.failed)
        posts = ngettext("%(count)s post", "%(count)s posts", total) % {"count": f"{total:,}"}
        if not (failed or lossy or self.unread or self.notices):
            return _("%(posts)s, all as they were.") % {"posts": posts} if total else _("No posts were found.")
        parts = [_("%(posts)s, %(whole)s as they were") % {"posts": posts, "whole": f"{total - lossy:,}"}]
        if lossy:
            parts.append(_("%(count)s with losses") % {"count": f"{lossy:,}"})
        if failed:
            cannot = _("%(count)s that cannot be imported") if self.is_preview else _("%(count)s not imported")
            parts.append(cannot % {"count": f"{failed:,}"})
        if self.unread:
            unread = ngettext("%(count)s file that cannot be read", "%(count)s files that cannot be read", self.unread)
            parts.append(unread % {"count": f"{self.unread:,}"})
        if self.notices:
            parts.append(_("from a damaged source"))
        return _("%(parts)s: see below.") % {"parts": ", ".join(parts)}

    def counts(self) -> str:
        return ", ".join(self.numbers()) or _("Nothing to import.")

    def numbers(self) -> list[str]:
        """Return the numbers by kind, those that are not zero."""
        drafts = sum(len(files) for files in self.drafts.values())
        numbers = [
            (self.done[Done.CREATED], _("%(count)s would be new") if self.is_preview else _("%(count)s created")),
            (self.done[Done.UPDATED], _("%(count)s would be updated") if self.is_preview else _("%(count)s updated")),
            (self.done[Done.UNCHANGED], _("%(count)s unchanged")),
            (self.done[Done.KEPT], _("%(count)s kept as edited here")),
            (self.published, _("%(count)s would be published") if self.is_preview else _("%(count)s published")),
            (self.scheduled, _("%(count)s scheduled")),
            (drafts, ngettext("%(count)s draft", "%(count)s drafts", drafts)),
            (
                self.left_files,
                ngettext("%(count)s page or file left out", "%(count)s pages and files left out", self.left_files),
            ),
            (self.images, ngettext("%(count)s image in the posts", "%(count)s images in the posts", self.images)),
            (self.comments, ngettext("%(count)s comment", "%(count)s comments", self.comments)),
            (self.addresses, ngettext("%(count)s old address", "%(count)s old addresses", self.addresses)),
        ]
        return [text % {"count": f"{number:,}"} for number, text in numbers if number]


def _section(heading: str, items: list[str], limit: int | None = None) -> Iterator[str]:
    yield ""
    yield f"{heading} ({len(items):,}):"
    yield from (f"  {item}" for item in items[:limit])
    if limit and len(items) > limit:
        yield "  " + _("… and %(count)s more; -v 2 names all") % {"count": f"{len(items) - limit:,}"}
