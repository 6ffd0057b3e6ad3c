"""Images to show in posts."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from app.blog.models import Media
from app.studio.access import WriterRequest, writers
from app.studio.forms import MediaForm

PAGE = 24


@require_http_methods(["GET", "POST"])
@writers
def media(request: WriterRequest) -> HttpResponse:
    """List images with the Markdown that shows each; POST adds one."""
    form = MediaForm(request.POST or None, request.FILES or None)
    made = _store(request, form) if request.method == "POST" and form.is_valid() else None
    kept = Media.objects.managed_by(request.user)
    about = {
        "form": MediaForm() if made else form,
        "made": made,
        "page": Paginator(kept.order_by("-pk"), PAGE).get_page(request.GET.get("page")),
    }
    return render(request, "studio/media.html", about, status=422 if form.errors else 200)


def _store(request: WriterRequest, form: MediaForm) -> Media | None:
    try:
        return Media.objects.store(form.cleaned_data["file"], request.user, alt=form.cleaned_data["alt"])
    except ValidationError as error:
        form.add_error("file", error)
        return None
