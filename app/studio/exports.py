"""Leaving: everything in one ZIP, built by a worker, for the one who asked."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from app.exporter.models import Export
from app.exporter.models import exports as stored
from app.studio.access import WriterRequest, exporters

PAGE = 25


@require_http_methods(["GET", "POST"])
@exporters
def exports(request: WriterRequest) -> HttpResponse:
    """List one's exports; POST asks for one. Asked by htmx, only the list, which changes while one is built."""
    if request.method == "POST":
        Export.objects.ask(request.user)
        return redirect("studio:exports")
    found = Export.objects.visible_to(request.user).select_related("user__profile").order_by("-pk")
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    is_busy = any(each.is_working and not each.is_stalled for each in page)
    template = "studio/export_list.html" if request.htmx else "studio/exports.html"
    return render(request, template, {"page": page, "is_busy": is_busy})


@require_GET
@exporters
def download(request: WriterRequest, pk: int) -> FileResponse:
    """Send the file. Raises Http404 where it is deleted already."""
    run = get_object_or_404(Export.objects.visible_to(request.user).exclude(file=""), pk=pk)
    return send(run)


def send(run: Export) -> FileResponse:
    """Return the file as an answer. Raises Http404."""
    try:
        file = stored().open(run.file)
    except FileNotFoundError as error:
        raise Http404 from error
    day = f"{run.finished_at:%Y-%m-%d}"
    return FileResponse(file, as_attachment=True, filename=f"site-{day}.zip", content_type="application/zip")


@require_POST
@exporters
def deletion(request: WriterRequest, pk: int) -> HttpResponse:
    """Delete the file before its time."""
    get_object_or_404(Export.objects.visible_to(request.user), pk=pk).forget_file()
    return redirect("studio:exports")
