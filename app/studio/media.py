"""The library of pictures: where each is used, and deletion by hand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Page, Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from app.blog.errors import Refused
from app.blog.media_deletion import delete_picture, fingerprint
from app.blog.media_uses import Kind, Use, mentioned, uses
from app.blog.models import Media
from app.blog.models.media import MediaQuerySet
from app.newsletter.models import Send
from app.studio.access import WriterRequest, writers
from app.studio.forms import MediaForm

PAGE = 24
SHOWN = 3
"""How many places the list names of each picture; the picture's own page names more."""
MOST = 200
"""How many its own page names: a logo may be in thousands of posts."""
VIEWS = {"": gettext_lazy("All"), "unused": gettext_lazy("Not used anywhere"), "deleted": gettext_lazy("Deleted")}
KINDS = {
    Kind.POST: gettext_lazy("Post"),
    Kind.COVER: gettext_lazy("Cover"),
    Kind.PROFILE: gettext_lazy("About the author"),
    Kind.CATEGORY: gettext_lazy("Category"),
    Kind.SITE: gettext_lazy("Site"),
    Kind.PAGE: gettext_lazy("Page"),
    Kind.EARLIER: gettext_lazy("Earlier in a post"),
}
WITHOUT_POST = {Kind.PROFILE, Kind.CATEGORY, Kind.SITE, Kind.PAGE}


@dataclass(frozen=True)
class Place:
    """A use as a page shows it. `is_emailed` says that the post was sent to subscribers."""

    use: Use
    is_emailed: bool

    @property
    def kind(self) -> str:
        return str(KINDS[self.use.kind])

    @property
    def title(self) -> str:
        if self.use.title:
            return self.use.title
        return _("A post of someone else") if self.use.pk else _("A deleted post")


@require_http_methods(["GET", "POST"])
@writers
def media(request: WriterRequest) -> HttpResponse:
    """List pictures with where each is used; POST adds one."""
    form = MediaForm(request.POST or None, request.FILES or None)
    made = _store(request, form) if request.method == "POST" and form.is_valid() else None
    view, words = request.GET.get("show", ""), request.GET.get("q", "").replace("\x00", "").strip()[:200]
    view = view if view in VIEWS else ""
    page: Page[Media] = Paginator(_listed(request, view, words), PAGE).get_page(request.GET.get("page"))
    about = {
        "form": MediaForm() if made else form,
        "made": made,
        "page": page,
        "pictures": _with_places(request, page.object_list),
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
    [(_picture, places)] = _with_places(request, [found])
    about: dict[str, Any] = {
        "picture": found,
        "places": places,
        "most": MOST,
        "uploaders": found.also_uploaded_by.select_related("profile").order_by("pk"),
        "seen": fingerprint(place.use for place in places),
    }
    return render(request, "studio/picture.html", about)


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


def _with_places(request: WriterRequest, pictures: Iterable[Media]) -> Sequence[tuple[Media, list[Place]]]:
    """Return the pictures with their places, in a fixed number of queries."""
    listed = list(pictures)
    found = uses(listed, request.user)
    posts = {use.pk for places in found.values() for use in places if use.kind not in WITHOUT_POST}
    emailed = set(Send.objects.filter(post__in=posts - {None}).values_list("post_id", flat=True))
    return [(each, [_place(use, emailed) for use in found[each.pk]]) for each in listed]


def _place(use: Use, emailed: set[int]) -> Place:
    return Place(use, use.kind not in WITHOUT_POST and use.pk in emailed)


def _store(request: WriterRequest, form: MediaForm) -> Media | None:
    try:
        return Media.objects.store(form.cleaned_data["file"], request.user, alt=form.cleaned_data["alt"])
    except ValidationError as error:
        form.add_error("file", error)
        return None
