"""The studio's navigation: what each person finds there, in groups, and where the page being shown belongs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy, pgettext_lazy

from app.accounts.models import User


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One page. `rooms`: the parts of the studio below which pages belong to it, besides those below its own path."""

    label: Promise
    page: str
    is_open_to: Callable[[User], bool]
    rooms: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Link:
    """An entry as one page shows it. `current`: "page" on its own page, "true" below it."""

    label: Promise
    page: str
    url: str
    current: str


@dataclass(frozen=True, kw_only=True)
class Group:
    name: str
    label: Promise
    links: list[Link]

    @property
    def is_current(self) -> bool:
        return any(link.current for link in self.links)


WRITE = (
    Entry(label=gettext_lazy("Posts"), page="posts", is_open_to=User.can_enter_studio, rooms=("posts", "calendar", "sends")),
    Entry(label=gettext_lazy("Comments"), page="comments", is_open_to=lambda user: user.moderates),
    Entry(label=gettext_lazy("Pages"), page="site_pages", is_open_to=User.can_manage_site),
    Entry(label=gettext_lazy("Images"), page="media", is_open_to=User.can_enter_studio),
)
AUDIENCE = (
    Entry(label=gettext_lazy("Subscribers"), page="subscribers", is_open_to=User.can_manage_subscribers),
    Entry(label=gettext_lazy("Statistics"), page="statistics", is_open_to=User.can_see_statistics),
    Entry(label=gettext_lazy("Networks"), page="social", is_open_to=User.can_enter_studio),
)
SITE = (
    Entry(label=gettext_lazy("Settings"), page="site_settings", is_open_to=User.can_manage_site, rooms=("welcome",)),
    Entry(label=gettext_lazy("Topics"), page="topics", is_open_to=User.can_manage_topics),
    Entry(label=gettext_lazy("Team"), page="team", is_open_to=User.can_manage_team, rooms=("log",)),
    # Who manages the team finds the log there.
    Entry(label=gettext_lazy("Log"), page="log", is_open_to=lambda user: user.can_see_log() and not user.can_manage_team()),
    Entry(label=gettext_lazy("Import"), page="imports", is_open_to=User.can_import),
    Entry(label=gettext_lazy("Export"), page="exports", is_open_to=User.can_export),
)
OPERATIONS = (
    Entry(
        label=gettext_lazy("Effects"),
        page="control_room",
        is_open_to=lambda user: user.sees_operations,
        rooms=("schedules", "conservation", "notices"),
    ),
    Entry(label=gettext_lazy("Mailbox"), page="mailbox", is_open_to=lambda user: user.is_operator),
)
GROUPS: tuple[tuple[str, Promise, tuple[Entry, ...]], ...] = (
    ("write", pgettext_lazy("group of pages", "Write"), WRITE),
    ("audience", pgettext_lazy("group of pages", "Audience"), AUDIENCE),
    ("site", pgettext_lazy("group of pages", "Site"), SITE),
    ("operations", pgettext_lazy("group of pages", "Operations"), OPERATIONS),
)


def groups_for(user: User, path: str) -> list[Group]:
    """Return the groups in which the user has pages, with the one marked to which this path belongs."""
    found = (
        Group(name=name, label=label, links=[_link(each, path) for each in entries if each.is_open_to(user)])
        for name, label, entries in GROUPS
    )
    return [group for group in found if group.links]


def _link(entry: Entry, path: str) -> Link:
    url, studio = reverse(f"studio:{entry.page}"), reverse("studio:posts")
    # The list of posts is at the studio's own address, which all the others begin with.
    below = [f"{studio}{room}/" for room in entry.rooms] + ([url] if url != studio else [])
    current = "page" if path == url else "true" if path.startswith(tuple(below)) else ""
    return Link(label=entry.label, page=entry.page, url=url, current=current)
