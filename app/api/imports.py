"""Imports from other systems: upload, look at what would come in, start, and take back."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils.translation import gettext as _
from ninja import File, Form, Router, Schema, Status
from ninja.files import UploadedFile
from pydantic import Field

from app.api.auth import Request, must_import
from app.api.errors import Invalid, NotFound, Problem
from app.api.fields import Id, Line, Page
from app.importer.models import Import
from app.importer.source import CannotRead
from app.importer.unpack import check_name
from app.importer.work import report_of

router = Router(tags=["imports"])

PER_PAGE = 50
ADDRESS = {"pattern": r"^(https?://[^\u0000-\u001f\u007f-\u009f]*)?$"}


class How(Schema):
    """How to import: publish what was public there, replace what was edited here, and where the old site is."""

    publish: bool = False
    overwrite: bool = False
    site: Annotated[Line, Field(max_length=500, pattern=r"^(https?://.*)?$", json_schema_extra=ADDRESS)] = ""


class ImportOut(Schema):
    """`state` is checking, checked, importing, done, failed, undoing or undone; `done` of `total` posts of that step."""

    id: int
    name: str
    state: str
    publish: bool
    overwrite: bool
    site: str
    total: int
    done: int
    error: str
    created_at: datetime
    finished_at: datetime | None


class Section(Schema):
    """What to do about it, and where: by file and line."""

    heading: str
    items: list[str]


class ReportOut(ImportOut):
    sentence: str
    counts: list[str]
    sections: list[Section]


@router.get("", response={200: list[ImportOut], 403: Problem})
def list_imports(request: Request, page: Page = 1) -> QuerySet[Import]:
    """List imports, newest first, 50 to a page."""
    must_import(request.auth)
    first = (page - 1) * PER_PAGE
    return Import.objects.order_by("-pk")[first : first + PER_PAGE]


@router.post("", response={201: ImportOut, 403: Problem, 422: Problem, 507: Problem})
def upload(request: Request, response: HttpResponse, file: File[UploadedFile], how: Form[How]) -> Status[Import]:
    """Upload a ZIP or an export as multipart/form-data. Workers check it; nothing is imported before the run is made."""
    must_import(request.auth)
    _check(file)
    run = Import.objects.upload(file, by=request.auth, **how.model_dump())
    response["Location"] = f"{request.path}/{run.pk}"
    return Status(201, run)


@router.get("/{import_id}", response={200: ReportOut, 403: Problem, 404: Problem})
def read_import(request: Request, import_id: Id) -> dict[str, Any]:
    """Read one import with its report: what would come in while it is checked, what came in after."""
    must_import(request.auth)
    run = _run(import_id)
    report = report_of(run)
    facts = {name: getattr(run, name) for name in ImportOut.model_fields}
    sections = [{"heading": heading, "items": items} for heading, items, _long in report.sections()]
    return {**facts, "sentence": report.sentence(), "counts": report.numbers(), "sections": sections}


@router.post("/{import_id}/run", response={202: ImportOut, 403: Problem, 404: Problem, 409: Problem})
def start(request: Request, import_id: Id) -> Status[Import]:
    """Import what was checked. 409 unless it waits for that."""
    must_import(request.auth)
    run = _run(import_id)
    run.begin()
    return Status(202, run)


@router.delete("/{import_id}/run", response={202: ImportOut, 403: Problem, 404: Problem, 409: Problem})
def undo(request: Request, import_id: Id) -> Status[Import]:
    """Take the import back: delete what it brought, except what has been used since. 409 when nothing is left of it."""
    must_import(request.auth)
    run = _run(import_id)
    run.undo()
    return Status(202, run)


def _run(import_id: int) -> Import:
    run = Import.objects.filter(pk=import_id).first()
    if run is None:
        raise NotFound
    return run


def _check(file: UploadedFile) -> None:
    """Raise Invalid for a file that is too large, or that no reader knows."""
    limit = settings.IMPORT_MAX_BYTES
    if (file.size or 0) > limit:
        raise Invalid({"file": [_("At most %(limit)s MB are accepted.") % {"limit": f"{limit // 2**20:,}"}]})
    try:
        check_name(file.name or "")
    except CannotRead as error:
        raise Invalid({"file": [str(error)]}) from error
