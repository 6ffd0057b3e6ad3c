"""Pages that are not news: About, Privacy, Imprint."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpResponse
from ninja import Router, Schema, Status
from pydantic import Field

from app.api.auth import Request, must_manage_site
from app.api.errors import NotFound, Problem
from app.api.fields import Id, Line, Slug, Strict, Text, Visible
from app.blog import navigation
from app.blog.models import Page

router = Router(tags=["pages"])

LINKS = ("in_navigation", "in_footer")
Title = Annotated[Visible, Field(min_length=1, max_length=200)]
Description = Annotated[Line, Field(max_length=300)]
Language = Annotated[Line, Field(max_length=35)]


class PageIn(Strict):
    title: Title
    content: Text = ""
    slug: Slug = ""
    description: Description = ""
    language: Language = ""
    is_public: bool = False
    is_indexed: bool = True
    in_navigation: bool = False
    in_footer: bool = False


class PageChange(Strict):
    """What is left out stays as it is."""

    title: Title = ""
    content: Text = ""
    slug: Slug = ""
    description: Description = ""
    language: Language = ""
    is_public: bool = False
    is_indexed: bool = True
    in_navigation: bool = False
    in_footer: bool = False


class PageOut(Schema):
    id: int
    title: str
    slug: str
    url: str
    content: str
    description: str
    language: str
    is_public: bool
    is_indexed: bool
    created_at: datetime
    updated_at: datetime

    @staticmethod
    def resolve_url(page: Page) -> str:
        return settings.SITE_URL + page.get_absolute_url()


@router.get("", response={200: list[PageOut], 403: Problem})
def list_pages(request: Request) -> QuerySet[Page]:
    """List all pages by title, drafts too, for editors."""
    must_manage_site(request.auth)
    return Page.objects.order_by("title", "pk")


@router.post("", response={201: PageOut, 403: Problem, 422: Problem})
def create_page(request: Request, response: HttpResponse, payload: PageIn) -> Status[Page]:
    """Make a page. It is a draft unless `is_public` says otherwise; only a public one is linked."""
    must_manage_site(request.auth)
    page = _kept(Page(), payload.dict(), request)
    response["Location"] = f"{request.path.rstrip('/')}/{page.pk}"
    return Status(201, page)


@router.get("/{page_id}", response={200: PageOut, 403: Problem, 404: Problem})
def read_page(request: Request, page_id: Id) -> Page:
    return _page(request, page_id)


@router.patch("/{page_id}", response={200: PageOut, 403: Problem, 404: Problem, 422: Problem})
def change_page(request: Request, page_id: Id, payload: PageChange) -> Page:
    """Change a page in part. A new address leaves a redirect at the old one."""
    return _kept(_page(request, page_id), payload.dict(exclude_unset=True), request)


@router.delete("/{page_id}", response={204: None, 403: Problem, 404: Problem})
def delete_page(request: Request, page_id: Id) -> Status[None]:
    """Delete a page, and the links to it in head and foot."""
    page = _page(request, page_id)
    with transaction.atomic():
        navigation.unlink(page.get_absolute_url())
        page.delete()
    return Status(204, None)


def _page(request: Request, page_id: int) -> Page:
    must_manage_site(request.auth)
    found = Page.objects.filter(pk=page_id).first()
    if found is None:
        raise NotFound
    return found


@transaction.atomic
def _kept(page: Page, given: dict[str, Any], request: Request) -> Page:
    """Store the page and its links. Raises ValidationError by field."""
    before = page.get_absolute_url() if page.pk else ""
    head, foot = (given.pop(name, is_linked) for name, is_linked in zip(LINKS, navigation.places(before), strict=True))
    for name, value in given.items():
        setattr(page, name, value)
    page.changed_by = request.auth
    page.save()
    navigation.link(page, before=before, head=head and page.is_public, foot=foot and page.is_public)
    return page
