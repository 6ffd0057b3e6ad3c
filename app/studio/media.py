"""The library of pictures: where each is used, and deletion by hand."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Page, Paginator
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from app.blog.errors import Refused
from app.blog.media_deletion import delete_picture, fingerprint
from app.blog.media_uses import mentioned
from app.blog.models import Media
from app.blog.models.media import MediaQuerySet
from app.blog.picture_markup import shown
from app.blog.picture_pages import describe_picture
from app.studio.access import WriterRequest, writers
from app.studio.forms import MediaForm, PictureForm
from app.studio.picture_places import with_places

PAGE = 24
SHOWN = 3
"""How many places the list names of each picture; the picture's own page names more."""
MOST = 200
"""How many its own page names: a logo may be in thousands of posts."""
VIEWS = {"": gettext_lazy("All"), "unused": gettext_lazy("Not used anywhere"), "deleted": gettext_lazy("Deleted")}


@require_http_methods(["GET", "POST"])
@writers
def media(request: WriterRequest) -> HttpResponse:
    """List pictures with where each is used; POST adds some, and answers a script in JSON."""
    form = MediaForm(request.POST or None, request.FILES or None)
    made = _store(request, form) if request.method == "POST" and form.is_valid() else []
    if request.method == "POST" and request.headers.get("Accept") == "application/json":
        return _said(form, made)
    view, words = request.GET.get("show", ""), request.GET.get("q", "").replace("\x00", "").strip()[:200]
    view = view if view in VIEWS else ""
    page: Page[Media] = Paginator(_listed(request, view, words), PAGE).get_page(request.GET.get("page"))
    about = {
        "form": MediaForm() if made and not form.errors else form,
        "made": made,
        "page": page,
        "pictures": with_places(page.object_list, request.user),
        "shown": SHOWN,
        "views": VIEWS.items(),
        "view": view,
        "q": words,
    }
    return render(request, "studio/media.html", about, status=422 if form.errors else 200)


@require_GET
@writers
def picture(request: WriterRequest, pk: int) -> HttpResponse:
    """Show one picture, all places where it is used, and the way to delete it."""
    found = _managed(request, pk)
    [(_picture, places, summary)] = with_places([found], request.user)
    about: dict[str, Any] = {
        "picture": found,
        "places": places,
        "summary": summary,
        "form": PictureForm(initial={"alt": found.alt, "caption": found.caption}),
        "shown": shown(found),
        "variants": found.all_variants,
        "most": MOST,
        "uploaders": found.also_uploaded_by.select_related("profile").order_by("pk"),
        "seen": fingerprint(place.use for place in places),
    }
    return render(request, "studio/picture.html", about)


@require_POST
@writers
def description(request: WriterRequest, pk: int) -> HttpResponse:
    """Change the description, the caption, or both: what the form does not have stays."""
    found, form = _managed(request, pk), PictureForm(request.POST)
    if not form.is_valid():
        messages.error(request, " ".join(str(each) for errors in form.errors.values() for each in errors))
        return redirect("studio:picture", pk)
    given = {name: form.cleaned_data[name] if name in request.POST else getattr(found, name) for name in form.fields}
    try:
        describe_picture(found, by=request.user, **given)
    except Refused as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Saved."))
    return redirect("studio:picture", pk)


@require_POST
@writers
def deletion(request: WriterRequest, pk: int) -> HttpResponse:
    """Delete a picture, where it is used in the places that the page showed. A worker removes the file."""
    found = _managed(request, pk)
    try:
        delete_picture(found, by=request.user, seen=request.POST.get("seen", ""))
    except Refused as error:
        messages.error(request, str(error))
        return redirect("studio:picture", pk)
    messages.success(request, _("“%(name)s” is deleted. Its file is removed in a moment.") % {"name": found})
    return redirect("studio:media")


def _listed(request: WriterRequest, view: str, words: str) -> MediaQuerySet:
    mine = Media.objects.managed_by(request.user)
    mine = mine.deleted() if view == "deleted" else mine.kept()
    if view == "unused":
        mine = mine.unused(mentioned())
    return (mine.named(words) if words else mine).select_related("owner__profile").order_by("-created_at", "-pk")


def _managed(request: WriterRequest, pk: int) -> Media:
    """Return a picture of the user's. Raises Http404, PermissionDenied."""
    found = get_object_or_404(Media.objects.select_related("owner__profile", "deleted_by__profile"), pk=pk)
    if not request.user.can_delete_picture(found):
        raise PermissionDenied
    return found


def _store(request: WriterRequest, form: MediaForm) -> list[Media]:
    """Store each file; note on the form which were refused, and why."""
    files, made = form.cleaned_data["file"], []
    for file in files:
        try:
            made.append(Media.objects.store(file, request.user, alt=form.cleaned_data["alt"] if len(files) == 1 else ""))
        except ValidationError as error:
            words = [f"{file.name}: {each}" for each in error.messages] if len(files) > 1 else error.messages
            form.add_error("file", words)
    return made


def _said(form: MediaForm, made: list[Media]) -> JsonResponse:
    """Answer the script that uploads from the editor and the library.

    Only a picture without a description has an address for one: what was there already keeps its own.
    """
    if form.errors:
        return JsonResponse({"error": " ".join(str(each) for errors in form.errors.values() for each in errors)}, status=422)
    pictures = [
        {
            "url": each.url,
            "alt": each.alt,
            "description": "" if each.alt else reverse("studio:picture_description", args=[each.pk]),
        }
        for each in made
    ]
    return JsonResponse({"pictures": pictures}, status=201)
