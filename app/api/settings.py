"""The settings of the publication."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from django.utils.translation import gettext as _
from ninja import Router, Schema
from pydantic import Field

from app.api.auth import Request, must_manage_site
from app.api.errors import Conflict, Forbidden, Problem
from app.api.fields import Id, Line, Strict, Text
from app.newsletter import publication_settings
from app.site.current import SetByOperator, set_by_operator

router = Router(tags=["settings"])

Theme = Literal["afterword", "broadsheet", "plain"]
Fonts = Literal["newsreader", "book", "sans"]
Comments = Literal["everyone", "moderated", "members", "off"]


class LinkIO(Strict):
    label: Annotated[Line, Field(min_length=1, max_length=50)]
    url: Annotated[Line, Field(min_length=1, max_length=500)]


Links = Annotated[list[LinkIO], Field(max_length=20)]


class SettingsOut(Schema):
    """As readers see them. `logo` and `favicon` are ids of pictures; `set_by_operator` names what cannot be changed here."""

    name: str
    tagline: str
    description: str
    language: str
    time_zone: str
    logo: int | None
    favicon: int | None
    theme: str
    accent: str
    fonts: str
    custom_css: str
    navigation: list[LinkIO]
    footer: list[LinkIO]
    footer_text: str
    profiles: list[LinkIO]
    comments: str
    comments_close_after: int | None
    head_code: str
    is_indexed: bool
    robots: str
    sender_name: str
    reply_to: str
    postal_address: str
    set_by_operator: list[str]


class SettingsIn(Strict):
    """What is left out stays as it is. `head_code` is for superusers alone."""

    name: Annotated[Line, Field(max_length=100)] = ""
    tagline: Annotated[Line, Field(max_length=200)] = ""
    description: Annotated[Line, Field(max_length=500)] = ""
    language: Annotated[Line, Field(max_length=35)] = ""
    time_zone: Annotated[Line, Field(max_length=50)] = ""
    logo: Id | None = None
    favicon: Id | None = None
    theme: Theme = "afterword"
    accent: Annotated[Line, Field(max_length=7)] = ""
    fonts: Fonts = "newsreader"
    custom_css: Annotated[Text, Field(max_length=50_000)] = ""
    navigation: Links = Field(default_factory=list)
    footer: Links = Field(default_factory=list)
    footer_text: Annotated[Line, Field(max_length=300)] = ""
    profiles: Links = Field(default_factory=list)
    comments: Comments = "everyone"
    comments_close_after: Annotated[int, Field(ge=1, le=3650)] | None = None
    head_code: Annotated[Text, Field(max_length=20_000)] = ""
    is_indexed: bool = True
    robots: Annotated[Text, Field(max_length=5_000)] = ""
    sender_name: Annotated[Line, Field(max_length=100)] = ""
    reply_to: Annotated[Line, Field(max_length=254)] = ""
    postal_address: Annotated[Text, Field(max_length=500)] = ""


@router.get("", response={200: SettingsOut, 403: Problem})
def read_settings(request: Request) -> dict[str, Any]:
    """Read every setting of the publication, for editors."""
    must_manage_site(request.auth)
    return _out()


@router.patch("", response={200: SettingsOut, 403: Problem, 409: Problem, 422: Problem})
def change_settings(request: Request, payload: SettingsIn) -> dict[str, Any]:
    """Change some settings. They are in effect within a second. 409 for those that the operator has set."""
    must_manage_site(request.auth)
    given = payload.dict(exclude_unset=True)
    if "head_code" in given and not request.auth.can_add_code():
        raise Forbidden(_("Only a superuser may put code into pages."))
    try:
        publication_settings.change(given)
    except SetByOperator as error:
        raise Conflict(str(error)) from error
    return _out()


def _out() -> dict[str, Any]:
    return {**publication_settings.values(), "set_by_operator": sorted(set_by_operator())}
