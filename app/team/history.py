"""The log as its page and the API show it: by a filter, with the names of now."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import QuerySet
from django.urls import NoReverseMatch
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.timezone import make_aware
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from app.accounts.models import TeamRole, User
from app.blog.models import Post
from app.blog.pages import EDITOR
from app.log.acting import COMMAND
from app.log.models import Entry
from app.newsletter.pages import SEND
from app.team.models import Invitation


@dataclass(frozen=True, kw_only=True)
class Line:
    """An entry in words. `url` is where its subject is now, empty where it is gone."""

    entry: Entry
    who: str
    subject: str
    url: str
    detail: str


def entries(
    *,
    group: str = "",
    by: User | int | None = None,
    since: date | None = None,
    until: date | None = None,
    subject: str = "",
) -> QuerySet[Entry]:
    """Return what was done, newest first. `since` and `until` are whole days."""
    found = Entry.objects.select_related("actor__profile").order_by("-pk")
    if group:
        found = found.filter(action__startswith=f"{group}.")
    if by is not None:
        found = found.filter(actor=by)
    if since is not None:
        found = found.filter(at__gte=_start(since))
    if until is not None and until < date.max:
        found = found.filter(at__lt=_start(until + timedelta(days=1)))
    return found.filter(subject=subject) if subject else found


def described(shown: Iterable[Entry]) -> list[Line]:
    """Return the entries in words, in a query for each kind of subject."""
    shown = list(shown)
    people = User.objects.select_related("profile").in_bulk({*_ids(shown, "user"), *(e.detail.get("to") or 0 for e in shown)})
    posts = set(Post.objects.filter(pk__in=_ids(shown, "post")).values_list("pk", flat=True))
    invited = Invitation.objects.in_bulk(_ids(shown, "invitation"))
    return [_line(entry, people, posts, invited) for entry in shown]


def _line(entry: Entry, people: dict[int, User], posts: set[int], invited: dict[int, Invitation]) -> Line:
    kind, _colon, number = entry.subject.partition(":")
    pk = int(number) if number.isdecimal() else 0
    subject, url = entry.label, ""
    if kind == "user":
        subject = people[pk].profile.name if pk in people else _("a closed account")
    elif kind == "invitation":
        subject = invited[pk].email if pk in invited else ""
    elif kind == "post" and pk in posts:
        url = _url(EDITOR, pk)
    elif kind == "send":
        url = _url(SEND, pk)
    return Line(entry=entry, who=_who(entry), subject=subject, url=url, detail=_detail(entry.detail, people))


def _who(entry: Entry) -> str:
    if entry.actor is not None:
        return entry.actor.profile.name
    return _("A command") if entry.via == COMMAND else _("A closed account")


def _detail(detail: dict[str, Any], people: dict[int, User]) -> str:
    """Return what else is known, in words."""
    said = []
    if "before" in detail:
        said.append(_("from %(before)s to %(role)s") % {"before": _role(detail["before"]), "role": _role(detail["role"])})
    elif "role" in detail:
        said.append(_role(detail["role"]))
    if "to" in detail:
        to = people.get(detail["to"] or 0)
        said.append(_("to %(name)s") % {"name": to.profile.name} if to else _("to no one"))
    if "into" in detail:
        said.append(_("now “%(name)s”") % {"name": detail["into"]})
    if "number" in detail:
        said.append(ngettext("%(count)s in all", "%(count)s in all", detail["number"]) % {"count": detail["number"]})
    if at := parse_datetime(detail.get("at", "")):
        said.append(_("for %(time)s UTC") % {"time": date_format(at, "SHORT_DATETIME_FORMAT")})
    return " · ".join(said)


def _role(value: str) -> str:
    return str(TeamRole(value).label) if value in TeamRole.values else value


def _url(page: Any, pk: int) -> str:
    try:
        return str(page.url(pk))
    except NoReverseMatch:
        return ""


def _ids(shown: list[Entry], kind: str) -> set[int]:
    marks = (entry.subject.partition(":") for entry in shown)
    return {int(number) for name, _colon, number in marks if name == kind and number.isdecimal()}


def _start(day: date) -> datetime:
    return make_aware(datetime.combine(day, time.min))
