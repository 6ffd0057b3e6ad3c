"""Moving in from another system: upload, look, import, and take it back."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from app.blog.errors import NotStored, Refused
from app.importer import undo as undoing
from app.importer.models import Import
from app.importer.report import Report
from app.importer.work import report_of
from app.studio.access import WriterRequest, importers
from app.studio.import_form import ImportForm

PAGE = 25
POSTS = 50
SHOWN = 100


@require_http_methods(["GET", "POST"])
@importers
def imports(request: WriterRequest) -> HttpResponse:
    """List imports; POST takes an upload and lets workers check it."""
    form = ImportForm(request.POST or None, request.FILES or None, initial={"publish": True})
    if request.method == "POST" and form.is_valid() and (run := _upload(request, form)):
        return redirect("studio:import", run.pk)
    runs = Import.objects.select_related("user__profile").order_by("-pk")
    about = {"form": form, "page": Paginator(runs, PAGE).get_page(request.GET.get("page"))}
    return render(request, "studio/imports.html", about, status=422 if form.errors else 200)


def _upload(request: WriterRequest, form: ImportForm) -> Import | None:
    try:
        return Import.objects.upload(form.cleaned_data.pop("file"), by=request.user, **form.cleaned_data)
    except NotStored as error:
        form.add_error("file", error)
        return None


@require_GET
@importers
def one(request: WriterRequest, pk: int) -> HttpResponse:
    """Show one import; asked by htmx, only the part that changes."""
    run = _run(pk)
    template = "studio/import_state.html" if request.htmx else "studio/import.html"
    return render(request, template, _facts(request, run))


@require_GET
@importers
def report(request: WriterRequest, pk: int) -> HttpResponse:
    """Return the whole report as text."""
    lines = "\n".join(report_of(_run(pk)).lines(all_names=True))
    response = HttpResponse(lines + "\n", content_type="text/plain; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="import-{pk}.txt"'
    return response


@require_POST
@importers
def start(request: WriterRequest, pk: int) -> HttpResponse:
    return _after(request, pk, "begin")


@require_POST
@importers
def retry(request: WriterRequest, pk: int) -> HttpResponse:
    return _after(request, pk, "resume")


@require_http_methods(["GET", "POST"])
@importers
def undo(request: WriterRequest, pk: int) -> HttpResponse:
    """Show what would go and what would stay; POST takes the import back."""
    if request.method == "POST":
        return _after(request, pk, "undo")
    run = _run(pk)
    kept = undoing.kept(run) if run.can_be_undone else []
    here = run.posts.written().filter(post__isnull=False).count()
    about = {"run": run, "kept": kept[:SHOWN], "stay": len(kept), "unshown": max(len(kept) - SHOWN, 0), "go": here - len(kept)}
    return render(request, "studio/import_undo.html", about)


def _run(pk: int) -> Import:
    return get_object_or_404(Import.objects.select_related("user__profile", "author__profile"), pk=pk)


def _after(request: WriterRequest, pk: int, verb: str) -> HttpResponse:
    try:
        getattr(_run(pk), verb)()
    except Refused as error:
        messages.error(request, str(error))
    return redirect("studio:import", pk)


def _facts(request: WriterRequest, run: Import) -> dict[str, Any]:
    about: dict[str, Any] = {"run": run, "is_stalled": run.is_stalled, "operates": request.user.is_operator}
    if run.is_working:
        return about
    found = report_of(run)
    posts = run.posts.written().select_related("post").order_by("number", "pk")
    page = Paginator(posts, POSTS).get_page(request.GET.get("page"))
    kept = run.posts.exclude(kept="").order_by("number")
    left = {"kept": kept[:SHOWN], "stay": kept.count(), "gone": run.posts.filter(is_removed=True).count()}
    return {**about, **left, "report": found, "sections": _sections(found), "page": page}


def _sections(found: Report) -> list[tuple[str, list[str], int, int]]:
    """Return each heading with the items to show, how many there are, and how many are not shown."""
    sections = [(heading, items) for heading, items, _is_long in found.sections()]
    return [(heading, items[:SHOWN], len(items), max(len(items) - SHOWN, 0)) for heading, items in sections]
