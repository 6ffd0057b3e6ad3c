"""Redirects of old addresses, one by one or from a CSV file."""

from __future__ import annotations

from typing import Annotated

from django.db.models import QuerySet
from django.http import HttpResponse
from ninja import File, Router, Schema
from ninja.files import UploadedFile
from pydantic import Field

from app.api.auth import Request, must_manage_site
from app.api.errors import NotFound, Problem
from app.api.fields import Id, Line, Page, Strict
from app.site import redirect_import
from app.site.models import PATH, SiteRedirect

router = Router(tags=["redirects"])

PER_PAGE = 100
Address = Annotated[Line, Field(min_length=1, max_length=PATH)]


class RedirectIn(Strict):
    """`path` begins with /; `target` is a path of this site or an https address. `is_permanent` answers 301, otherwise 302."""

    path: Address
    target: Address
    is_permanent: bool = True


class RedirectOut(Schema):
    id: int
    path: str
    target: str
    is_permanent: bool


class RedirectList(Schema):
    """Of 100 a page, newest first. `count` is of all pages."""

    count: int
    items: list[RedirectOut]


class RedirectReport(Schema):
    """How many redirects of the file were kept, and what is wrong with the other lines: the first 20."""

    kept: int
    refused: int
    problems: list[str]


@router.get("", response={200: RedirectList, 403: Problem, 422: Problem})
def list_redirects(
    request: Request, q: Annotated[Line, Field(max_length=200)] = "", page: Page = 1
) -> dict[str, int | QuerySet[SiteRedirect]]:
    """List redirects, newest first; `q` is a part of the old address."""
    must_manage_site(request.auth)
    found = SiteRedirect.objects.filter(path__icontains=q).order_by("-pk")
    return {"count": found.count(), "items": found[(page - 1) * PER_PAGE : page * PER_PAGE]}


@router.post("", response={200: RedirectOut, 403: Problem, 422: Problem})
def keep_redirect(request: Request, payload: RedirectIn) -> SiteRedirect:
    """Add a redirect, or change where a known old address leads. Safe to do twice. Pages of the site win over redirects."""
    must_manage_site(request.auth)
    return redirect_import.change_one(payload.path, payload.target, is_permanent=payload.is_permanent)


@router.post("/import", response={200: RedirectReport, 403: Problem, 422: Problem})
def import_redirects(request: Request, file: File[UploadedFile]) -> redirect_import.Report:
    """Take a CSV file: old address, new address and, where it is wanted, 301 or 302. Up to 10,000 lines and 5 MB."""
    must_manage_site(request.auth)
    return redirect_import.load(file.read(redirect_import.LARGEST + 1))


@router.delete("/{redirect_id}", response={204: None, 403: Problem, 404: Problem})
def delete_redirect(request: Request, redirect_id: Id) -> HttpResponse:
    must_manage_site(request.auth)
    if not SiteRedirect.objects.filter(pk=redirect_id).delete()[0]:
        raise NotFound
    return HttpResponse(status=204)
