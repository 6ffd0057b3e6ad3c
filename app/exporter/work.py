"""What workers do for an export: build it, and delete it in time."""

from __future__ import annotations

import time
from datetime import datetime
from tempfile import TemporaryFile

from django.core.files.base import File

from app.blog.storing import store
from app.exporter.archive import write_archive
from app.exporter.models import KEPT, Export, ExportState, exports
from owed import clock

A_MOMENT = 1.0
"""Seconds between two notes of how far it is."""


def build(export_id: int) -> None:
    """Build the archive and store it. Safe to do twice. Raises NotStored."""
    run = Export.objects.filter(pk=export_id, state=ExportState.BUILDING).first()
    if run is None:
        return
    with TemporaryFile() as file:
        run.counts = write_archive(file, progress=_Progress(run))
        run.size = file.seek(0, 2)
        file.seek(0)
        name = f"{run.pk}.zip"
        exports().delete(name)  # of an attempt that died before its end was noted
        run.file = store(exports(), name, File(file, name=name))
    run.state, run.finished_at, run.done = ExportState.DONE, clock.now(), run.total
    run.save(update_fields=["counts", "size", "file", "state", "finished_at", "done"])


def clear(now: datetime) -> None:
    """Delete files that were kept long enough."""
    for run in Export.objects.exclude(file="").filter(finished_at__lt=now - KEPT):
        run.forget_file()


class _Progress:
    """Notes how far an export is, once in a moment."""

    def __init__(self, run: Export) -> None:
        self.run, self.noted = run, 0.0

    def __call__(self, done: int, total: int) -> None:
        self.run.total = total
        if time.monotonic() - self.noted > A_MOMENT:
            self.noted = time.monotonic()
            Export.objects.filter(pk=self.run.pk).update(done=done, total=total)
