"""Exports: ask for one, follow it, and download it. Only the one who asked sees it, and superusers."""

from __future__ import annotations

from datetime import datetime

from django.db.models import QuerySet
from django.http import FileResponse, HttpResponse
from ninja import Router, Schema, Status

from app.api.auth import Request, must_export
from app.api.errors import NotFound, Problem
from app.api.fields import Id, Page
from app.exporter.models import Export, exports

router = Router(tags=["exports"])
PER_PAGE = 50


class ExportOut(Schema):
    """`state` is building or done; `done` of `total` posts and pictures. `size`: bytes; deleted at `expires_at`."""

    id: int
    state: str
    total: int
    done: int
    size: int
    counts: dict[str, int]
    created_at: datetime
    finished_at: datetime | None
    expires_at: datetime | None


@router.get("", response={200: list[ExportOut], 403: Problem})
def list_exports(request: Request, page: Page = 1) -> QuerySet[Export]:
    """List exports, newest first, 50 to a page."""
    must_export(request.auth)
    first = (page - 1) * PER_PAGE
    return Export.objects.visible_to(request.auth).order_by("-pk")[first : first + PER_PAGE]


@router.post("", response={202: ExportOut, 403: Problem})
def ask(request: Request, response: HttpResponse) -> Status[Export]:
    """Ask for an export of everything; the one that is being built, where there is one."""
    must_export(request.auth)
    run = Export.objects.ask(request.auth)
    response["Location"] = f"{request.path}/{run.pk}"
    return Status(202, run)


@router.get("/{export_id}", response={200: ExportOut, 403: Problem, 404: Problem})
def read_export(request: Request, export_id: Id) -> Export:
    """Read how far an export is."""
    return _run(request, export_id)


@router.get("/{export_id}/file", response={200: bytes, 403: Problem, 404: Problem})
def download(request: Request, export_id: Id) -> FileResponse:
    """Download the ZIP. 404 until it is done, and after it was deleted."""
    run = _run(request, export_id)
    try:
        file = exports().open(run.file) if run.file else None
    except FileNotFoundError:
        file = None
    if file is None:
        raise NotFound
    return FileResponse(file, as_attachment=True, filename="site.zip", content_type="application/zip")


@router.delete("/{export_id}/file", response={204: None, 403: Problem, 404: Problem})
def delete(request: Request, export_id: Id) -> Status[None]:
    """Delete the ZIP before its time."""
    _run(request, export_id).forget_file()
    return Status(204, None)


def _run(request: Request, export_id: int) -> Export:
    must_export(request.auth)
    run = Export.objects.visible_to(request.auth).filter(pk=export_id).first()
    if run is None:
        raise NotFound
    return run
