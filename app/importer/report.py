"""What an import did, for the person who started it: one honest sentence, then each loss by file and line."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from app.importer.save import Done, Outcome
from app.importer.source import Failed, Loss, LossKind, Notice, Skipped, SourcePost

SHOWN = 20
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
        "Links to pages that were not imported; their words stay. Give --site to link to the old site, or edit the posts"
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
    """Counts, and what is behind each count. The keys of `losses` are kinds, its values where and what."""

    done: Counter[Done] = field(default_factory=Counter)
    published: int = 0
    scheduled: int = 0
    images: int = 0
    comments: int = 0
    lossy: int = 0
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

    def add(self, outcomes: Iterable[Outcome]) -> None:
        for outcome in outcomes:
            self._add(outcome)

    def _add(self, outcome: Outcome) -> None:
        post, self.done[outcome.done] = outcome.planned.post, self.done[outcome.done] + 1
        self.published += outcome.published
        self.scheduled += outcome.scheduled
        self.images += outcome.images
        self.comments += outcome.comments
        if outcome.done == Done.FAILED:
            self.failed[place(post)] = outcome.reason
            return
        if outcome.done == Done.KEPT:
            self.kept.append(place(post))
        if post.private:
            self.drafts[post.private].append(place(post))
        elif post.published_at is None:
            self.drafts[_("no date")].append(place(post))
        losses = list(_losses(outcome))
        self.lossy += bool(losses)
        for loss in losses:
            self.losses[loss.kind].append(f"{place(post, loss.line)}: {loss.what}")

    @property
    def landed(self) -> int:
        return sum(self.done[each] for each in (Done.CREATED, Done.UPDATED, Done.UNCHANGED, Done.KEPT))

    def lines(self, *, all_names: bool = False) -> Iterator[str]:
        """Yield the report. Losses and failures are always complete, other lists only where all names are wanted."""
        yield self.sentence()
        yield self._counts()
        if self.failed:
            yield from _section(_("Not imported"), [f"{file}: {reason}" for file, reason in sorted(self.failed.items())])
        for kind, heading in HEADINGS.items():
            if self.losses[kind]:
                yield from _section(str(heading), self.losses[kind])
        for reason, files in sorted(self.drafts.items()):
            yield from _section(_("Left as drafts: %(reason)s") % {"reason": reason}, files)
        if self.kept:
            yield from _section(_("Edited here since the last import and left alone; --overwrite takes the source"), self.kept)
        if self.notices:
            yield from _section(_("About the source"), self.notices)
        for reason, files in sorted(self.skipped.items()):
            yield from _section(_("Not a post (%(reason)s)") % {"reason": reason}, files, None if all_names else SHOWN)

    def sentence(self) -> str:
        """Return what happened in one sentence."""
        total, lossy, failed = self.landed, self.lossy, len(self.failed)
        posts = ngettext("%(count)s post", "%(count)s posts", total) % {"count": f"{total:,}"}
        if not failed and not lossy:
            return _("%(posts)s, all as they were.") % {"posts": posts} if total else _("No posts were found.")
        parts = [_("%(posts)s, %(whole)s as they were") % {"posts": posts, "whole": f"{total - lossy:,}"}]
        if lossy:
            parts.append(_("%(count)s with losses") % {"count": f"{lossy:,}"})
        if failed:
            parts.append(_("%(count)s not imported") % {"count": f"{failed:,}"})
        return _("%(parts)s: see below.") % {"parts": ", ".join(parts)}

    def _counts(self) -> str:
        names = (Done.CREATED, Done.UPDATED, Done.UNCHANGED, Done.KEPT)
        counts = [f"{self.done[name]:,} {name}" for name in names if self.done[name] or name == Done.CREATED]
        more = [
            ("published", self.published),
            ("scheduled", self.scheduled),
            ("images", self.images),
            ("comments", self.comments),
        ]
        return (
            ", ".join(counts) + "; " + ", ".join(f"{number:,} {name}" for name, number in more if number or name == "published")
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


def _section(heading: str, items: list[str], limit: int | None = None) -> Iterator[str]:
    yield ""
    yield f"{heading} ({len(items):,}):"
    yield from (f"  {item}" for item in items[:limit])
    if limit and len(items) > limit:
        yield "  " + _("… and %(count)s more; -v 2 names all") % {"count": f"{len(items) - limit:,}"}
