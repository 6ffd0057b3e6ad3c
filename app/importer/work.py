"""What workers do for an import: check it, import it, a part at a time. Each part may be killed, and is then done again."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from app.blog.models import Post
from app.importer.entries import noted
from app.importer.importer import Options, foreseen, read, written
from app.importer.models import Import, ImportedPost, ImportState
from app.importer.outcome import Made, Outcome
from app.importer.report import Report
from app.importer.source import CannotRead
from app.importer.spool import Spool
from app.importer.unpack import clear_copies, unpacked

A_PART = 60.0
"""Seconds after which a part owes the next. What is read again each time takes less than what is left of the lease."""
KEEP_UPLOADS = timedelta(days=7)
WRITTEN = [
    "number", "place", "title", "is_planned", "done", "reason", "draft", "losses", "is_published", "is_scheduled", "images",
    "comments", "addresses", "post", "revision", "status", "media", "new_comments",
]  # fmt: skip


def check(import_id: int, *, now: datetime) -> None:
    """Note what an import would bring. Safe to do twice."""
    run = _at(import_id, ImportState.CHECKING)
    if run is None:
        return
    with _failures_of(run), _opened(run, now) as spool:
        run.posts.all().delete()
        for outcomes in foreseen(spool, options_of(run), now=now):
            _note(run, outcomes, is_planned=True)
        if not spool.summaries:
            raise CannotRead(_("No posts were found in this file."))
        run.finish(ImportState.CHECKED)


def go_on(import_id: int, *, now: datetime, seconds: float = A_PART) -> None:
    """Import what is not here yet, for so many seconds, and owe the rest. Safe to do twice: what is here is skipped."""
    run = _at(import_id, ImportState.IMPORTING)
    if run is None:
        return
    with _failures_of(run), _opened(run, now) as spool:
        if _import(run, spool, now=now, until=time.monotonic() + seconds):
            end(run)
        else:
            with transaction.atomic():
                run.owe_work()


def end(run: Import) -> None:
    """Record that all posts are here, and let the upload go."""
    run.posts.filter(is_planned=True).delete()
    run.finish(ImportState.DONE)
    run.forget_file()


def recorded(path: Path, options: Options) -> Import:
    """Return a record of an import that a command does itself."""
    author, site = options.author, options.site
    name, state = str(path)[-255:], ImportState.IMPORTING
    return Import.objects.create(
        name=name, state=state, publish=options.publish, overwrite=options.overwrite, author=author, site=site[:500]
    )


def conclude(run: Import, report: Report) -> None:
    """Record how the import of a command ended."""
    total = run.posts.count()
    Import.objects.filter(pk=run.pk).update(total=total, done=total, left_out=report.left_out())
    end(run)


class Keeper:
    """Notes what each chunk brought, in the chunk's own transaction."""

    def __init__(self, run: Import) -> None:
        self.run = run

    def __call__(self, outcomes: Sequence[Outcome], made: Made) -> None:
        _note(self.run, outcomes, is_planned=False)
        if made.users or made.tags or made.categories:
            run = Import.objects.select_for_update().get(pk=self.run.pk)
            run.made_users += made.users
            run.made_tags += made.tags
            run.made_categories += made.categories
            run.save(update_fields=["made_users", "made_tags", "made_categories"])


def options_of(run: Import) -> Options:
    return Options(publish=run.publish, author=run.author, site=run.site, overwrite=run.overwrite, origin=run.about)


def report_of(run: Import) -> Report:
    """Return what the import did, or before it what it would do."""
    report = Report(is_preview=run.state in {ImportState.CHECKING, ImportState.CHECKED})
    report.take_left_out(run.left_out)
    report.add_entries(run.posts.order_by("number", "pk").iterator(chunk_size=1000))
    return report


def clear(now: datetime) -> None:
    """Delete uploads that no one has imported for a week, and copies that killed workers left behind."""
    clear_copies(now)
    for run in Import.objects.exclude(file="").filter(updated_at__lt=now - KEEP_UPLOADS):
        run.forget_file()


def _at(import_id: int, state: ImportState) -> Import | None:
    return Import.objects.select_related("author").filter(pk=import_id, state=state).first()


@contextmanager
def _failures_of(run: Import) -> Iterator[None]:
    """Let an import whose source is at fault end with a sentence. Anything else is for the ledger to try again."""
    try:
        yield
    except CannotRead as error:
        run.finish(ImportState.FAILED, error=str(error))
        run.forget_file()


@contextmanager
def _opened(run: Import, now: datetime) -> Iterator[Spool]:
    """Read the upload, and note what in it is not a post."""
    report = Report()
    with unpacked(run) as source, Spool() as spool:
        read(source.path, options_of(run), spool, report, now=now)
        for notice in source.notices:
            report.leave_out(notice)
        done = run.posts.written().count()
        Import.objects.filter(pk=run.pk).update(total=len(spool.summaries), done=done, left_out=report.left_out())
        yield spool


def _import(run: Import, spool: Spool, *, now: datetime, until: float) -> bool:
    """Write posts until the time is over. Return whether all are written."""
    known = set(run.posts.written().values_list("identity", flat=True))
    skip = {summary.number for summary in spool.summaries if summary.identity in known}
    for _outcomes in written(spool, options_of(run), now=now, keep=Keeper(run), skip=skip):
        if time.monotonic() > until:
            return run.posts.written().count() >= len(spool.summaries)
    return True


def _note(run: Import, outcomes: Sequence[Outcome], *, is_planned: bool) -> None:
    ids = [outcome.post_id or outcome.found_id or 0 for outcome in outcomes if not is_planned]
    posts = {post.pk: post for post in Post.objects.filter(pk__in=ids).only("revision", "status")}
    rows = [_row(run, outcome, posts.get(outcome.post_id or outcome.found_id or 0), is_planned) for outcome in outcomes]
    ImportedPost.objects.bulk_create(rows, update_conflicts=True, unique_fields=["run", "identity"], update_fields=WRITTEN)
    Import.objects.filter(pk=run.pk).update(done=F("done") + len(rows), updated_at=timezone.now())


def _row(run: Import, outcome: Outcome, post: Post | None, is_planned: bool) -> ImportedPost:
    entry, summary = noted(outcome), outcome.planned.summary
    return ImportedPost(
        run=run,
        identity=summary.identity,
        number=summary.number,
        is_planned=is_planned,
        post=post,
        revision=post.revision if post else None,
        status=post.status if post else "",
        media=outcome.new_media,
        new_comments=outcome.new_comments,
        **vars(entry),
    )
