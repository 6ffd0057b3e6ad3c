"""Bring a mailing list from another system: upload, name the columns, look, and import."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from app.blog.errors import NotStored, Refused
from app.newsletter.lists.exporting import report_csv
from app.newsletter.lists.importing import look, samples
from app.newsletter.models import ListImport
from app.newsletter.models.list_import import Outcome
from app.studio.access import WriterRequest, list_keepers
from app.studio.list_reasons import REASONS
from app.studio.subscriber_forms import ColumnsForm, ListForm

PAGE, SHOWN = 25, 100


@require_http_methods(["GET", "POST"])
@list_keepers
def list_imports(request: WriterRequest) -> HttpResponse:
    """List imports of mailing lists; POST takes an upload."""
    form = ListForm(*((request.POST, request.FILES) if request.method == "POST" else ()))
    if request.method == "POST" and form.is_valid() and (run := _upload(request, form)):
        return redirect("studio:list_import", run.pk)
    runs = ListImport.objects.select_related("user__profile").order_by("-pk")
    about = {"form": form, "page": Paginator(runs, PAGE).get_page(request.GET.get("page"))}
    return render(request, "studio/list_imports.html", about, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@list_keepers
def list_import(request: WriterRequest, pk: int) -> HttpResponse:
    """Show one import; POST says what its columns are, and has it checked. Asked by htmx, only the part that changes."""
    run = get_object_or_404(ListImport.objects.select_related("user__profile"), pk=pk)
    data = request.POST if request.method == "POST" else None
    form = ColumnsForm(run, samples(run), data) if run.can_choose else None
    if request.method == "POST":
        if form and form.is_valid() and _choose(run, form):
            return redirect("studio:list_import", pk)
        if form is None:
            messages.error(request, str(Refused()))
            return redirect("studio:list_import", pk)
    template = "studio/list_import_state.html" if request.htmx else "studio/list_import.html"
    return render(request, template, _facts(request, run, form), status=422 if form and form.errors else 200)


@require_POST
@list_keepers
def start(request: WriterRequest, pk: int) -> HttpResponse:
    return _after(request, pk, "begin")


@require_POST
@list_keepers
def retry(request: WriterRequest, pk: int) -> HttpResponse:
    return _after(request, pk, "resume")


@require_GET
@list_keepers
def report(request: WriterRequest, pk: int) -> StreamingHttpResponse:
    """Give out the report by line as CSV."""
    run = get_object_or_404(ListImport, pk=pk)
    headers = {"Content-Disposition": f'attachment; filename="import-of-list-{pk}.csv"'}
    return StreamingHttpResponse(report_csv(run), content_type="text/csv; charset=utf-8", headers=headers)


def _upload(request: WriterRequest, form: ListForm) -> ListImport | None:
    try:
        run = ListImport.objects.upload(form.cleaned_data["file"], by=request.user)
    except NotStored as error:
        form.add_error("file", error)
        return None
    look(run)
    return run


def _choose(run: ListImport, form: ColumnsForm) -> bool:
    try:
        run.choose(form.mapping(), consent=form.cleaned_data["consent"], ask=bool(form.cleaned_data["ask"]))
    except Refused as error:
        form.add_error(None, str(error))
        return False
    return True


def _after(request: WriterRequest, pk: int, verb: str) -> HttpResponse:
    try:
        getattr(get_object_or_404(ListImport, pk=pk), verb)()
    except Refused as error:
        messages.error(request, str(error))
    return redirect("studio:list_import", pk)


def _facts(request: WriterRequest, run: ListImport, form: ColumnsForm | None) -> dict[str, Any]:
    about: dict[str, Any] = {"run": run, "form": form, "is_stalled": run.is_stalled, "operates": request.user.is_operator}
    if run.is_working:
        return about
    counts = [(Outcome(outcome), number) for outcome, number in sorted(run.counts.items())]
    lines = run.lines.select_related("subscriber").order_by("line")
    sections = []
    for found in lines.order_by("reason").values("outcome", "reason").annotate(number=Count("pk")):
        shown = lines.filter(outcome=found["outcome"], reason=found["reason"])[:SHOWN]
        heading = f"{Outcome(found['outcome']).label}: {REASONS.get(found['reason'], '')}".removesuffix(": ")
        sections.append((heading, found["number"], shown, max(found["number"] - SHOWN, 0)))
    left_out = [name for name, field in zip(run.columns, run.mapping, strict=True) if not field]
    return {**about, "counts": counts, "sections": sections, "left_out": left_out}
