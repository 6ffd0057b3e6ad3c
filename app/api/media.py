"""The library of pictures: what there is, where it is used, and deletion."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from django.http import HttpResponse
from django.utils.translation import ngettext
from ninja import File, Form, Router, Schema, Status
from ninja.files import UploadedFile
from pydantic import Field, StringConstraints

from app.accounts.models import User
from app.api.auth import Request, must_write
from app.api.errors import Conflict, NotFound, Problem
from app.api.fields import Id, Line, Page, Text
from app.blog.media_deletion import delete_picture, fingerprint
from app.blog.media_uses import Use, mentioned, uses
from app.blog.models import Media
from app.blog.models.media import Variant
from app.blog.picture_pages import describe_picture

router = Router(tags=["media"])

PER_PAGE = 50
Words = Annotated[Text, StringConstraints(max_length=200)]


class UseOut(Schema):
    """A place that shows the picture: `post`, `cover`, `profile`, `category`; `earlier` is a post that showed it until then."""

    kind: str
    id: int | None
    title: str
    url: str
    until: datetime | None


class VariantOut(Schema):
    """A smaller copy that a worker drew; `for_email` is the one for programs that do not know WebP."""

    url: str
    content_type: str
    width: int
    height: int
    size: int
    for_email: bool


class MediaOut(Schema):
    """`variants` is empty until `drawn_at`; pages show the original until then."""

    id: int
    name: str
    url: str
    alt: str
    content_type: str
    size: int
    width: int | None
    height: int | None
    created_at: datetime
    deleted_at: datetime | None
    caption: str
    drawn_at: datetime | None
    variants: list[VariantOut]
    owner: str | None
    used_in: list[UseOut]


class Described(Schema):
    """`alt` is for readers who cannot see the image."""

    alt: Annotated[Line, Field(max_length=Media.ALT)] = ""


class Description(Schema):
    """What is to be changed; the rest stays. `caption` is shown below the image."""

    alt: Annotated[Line, Field(max_length=Media.ALT)] | None = None
    caption: Annotated[Line, Field(max_length=Media.CAPTION)] | None = None


@router.get("", response={200: list[MediaOut], 403: Problem})
def list_media(request: Request, q: Words = "", unused: bool = False, page: Page = 1) -> list[MediaOut]:
    """List your pictures, or all for editors, newest first, 50 to a page; with `unused=true` those that are used nowhere."""
    must_write(request.auth)
    found = Media.objects.managed_by(request.auth).kept()
    if unused:
        found = found.unused(mentioned())
    first = (page - 1) * PER_PAGE
    listed = (found.named(q) if q else found).select_related("owner").order_by("-created_at", "-pk")
    return _out(list(listed[first : first + PER_PAGE]), request.auth)


@router.post("", response={201: MediaOut, 403: Problem, 422: Problem, 507: Problem})
def upload_media(request: Request, response: HttpResponse, file: File[UploadedFile], how: Form[Described]) -> Status[MediaOut]:
    """Upload a JPEG, PNG, GIF, WebP or HEIC image as multipart/form-data. The same image is kept once; a description stays."""
    must_write(request.auth)
    made = Media.objects.store(file, request.auth, alt=how.alt)
    response["Location"] = f"{request.path}/{made.pk}"
    return Status(201, _out([made], request.auth)[0])


@router.get("/{media_id}", response={200: MediaOut, 403: Problem, 404: Problem})
def read_media(request: Request, media_id: Id) -> MediaOut:
    """Read one picture, also a deleted one, with every place that shows it."""
    return _out([_managed(media_id, request.auth)], request.auth)[0]


@router.patch("/{media_id}", response={200: MediaOut, 403: Problem, 404: Problem, 409: Problem, 422: Problem})
def describe_media(request: Request, media_id: Id, body: Description) -> MediaOut:
    """Change the description or the caption of a picture, wherever they are shown. One that others show too answers 409."""
    media = _managed(media_id, request.auth)
    alt, caption = media.alt if body.alt is None else body.alt, media.caption if body.caption is None else body.caption
    describe_picture(media, by=request.auth, alt=alt, caption=caption)
    return _out([media], request.auth)[0]


@router.delete("/{media_id}", response={204: None, 403: Problem, 404: Problem, 409: Problem})
def delete_media(request: Request, media_id: Id, even_if_used: bool = False) -> Status[None]:
    """Delete a picture; a worker removes its file. One that is used answers 409, unless `even_if_used=true`."""
    media = _managed(media_id, request.auth)
    places = uses([media])[media.pk]
    if places and not even_if_used:
        text = ngettext(
            "The picture is used in %(number)d place, which would show a gap. To delete it, add ?even_if_used=true.",
            "The picture is used in %(number)d places, which would show a gap. To delete it, add ?even_if_used=true.",
            len(places),
        )
        raise Conflict(text % {"number": len(places)})
    delete_picture(media, by=request.auth, seen=fingerprint(places))
    return Status(204, None)


def _managed(media_id: int, user: User) -> Media:
    """Return a picture that the caller may delete. Raises NotFound, Forbidden."""
    must_write(user)
    media = Media.objects.managed_by(user).select_related("owner").filter(pk=media_id).first()
    if media is None or not user.can_delete_picture(media):
        raise NotFound
    return media


def _out(media: list[Media], user: User) -> list[MediaOut]:
    found = uses(media, user)
    return [
        MediaOut(
            id=each.pk,
            name=str(each),
            url=each.url,
            alt=each.alt,
            content_type=each.content_type,
            size=each.size,
            width=each.width,
            height=each.height,
            created_at=each.created_at,
            deleted_at=each.deleted_at,
            caption=each.caption,
            drawn_at=each.drawn_at,
            variants=[_variant(variant) for variant in each.all_variants],
            owner=each.owner.username if each.owner else None,
            used_in=[_use(use) for use in found[each.pk]],
        )
        for each in media
    ]


def _variant(variant: Variant) -> VariantOut:
    return VariantOut(
        url=variant.url,
        content_type=variant.content_type,
        width=variant.width,
        height=variant.height,
        size=variant.size,
        for_email=variant.is_plain,
    )


def _use(use: Use) -> UseOut:
    return UseOut(kind=use.kind, id=use.pk if use.title else None, title=use.title, url=use.url, until=use.until)
