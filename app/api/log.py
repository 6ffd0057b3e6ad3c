"""The audit log: who did what."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from django.utils.translation import gettext as _
from ninja import Query, Router, Schema
from pydantic import Field

from app.api.auth import Request
from app.api.errors import Forbidden, Problem
from app.api.fields import BIGGEST, Id
from app.log.models import Entry
from app.team.history import entries

router = Router(tags=["log"])

PAGE = 50


class EntriesWanted(Schema):
    """Which entries: by what they are about, by whom, `since` and `until` whole days; `before` the id of an entry."""

    group: Literal["post", "team", "topic", "mailing", "effects", "settings"] | None = None
    by: Id | None = None
    since: date | None = None
    until: date | None = None
    subject: Annotated[str, Field(max_length=60, pattern=r"^([a-z]{1,40}:[a-z0-9]{1,19})?$")] = ""
    before: Id = BIGGEST


class EntryOut(Schema):
    """`by` is null for a command, and for an account that was erased since. `label` is what the subject was called then."""

    id: int
    at: datetime
    by: int | None
    via: str
    action: str
    subject: str
    label: str
    detail: dict[str, Any]

    @staticmethod
    def resolve_by(entry: Entry) -> int | None:
        return entry.actor_id


class EntryPage(Schema):
    """Newest first. `next` is the `before` of the next page, null on the last."""

    items: list[EntryOut]
    next: int | None


@router.get("", response={200: EntryPage, 403: Problem})
def list_entries(request: Request, wanted: Query[EntriesWanted]) -> dict[str, Any]:
    """List what was done, 50 to a page; for editors and staff."""
    if not request.auth.can_see_log():
        raise Forbidden(_("Only editors and staff can do that."))
    filters = {name: value for name, value in wanted.dict(exclude={"before"}).items() if value}
    found = list(entries(**filters).filter(pk__lt=wanted.before)[: PAGE + 1])
    return {"items": found[:PAGE], "next": found[PAGE - 1].pk if len(found) > PAGE else None}
