"""The contract of an event: one class in one file that says when it happens, who may know it, and what a call says."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from django.conf import settings
from django.dispatch import Signal
from django.utils.functional import Promise

from app.accounts.models import User
from app.blog.models import Post

MOST = 50
"""Subjects of one call, so that a body stays below the 20 kB of the standard."""


@dataclass(frozen=True, kw_only=True)
class News:
    """What a signal said: of whom or what, by id, and facts that are not kept elsewhere."""

    subjects: Sequence[int]
    facts: dict[str, Any] = field(default_factory=dict)


class Event(ABC):
    """One kind of event. `name` is what calls and endpoints keep: it never changes.

    `signal` is sent in the transaction of the change. `gathers`: one call may name many subjects, where many come at once.
    """

    name: ClassVar[str]
    label: ClassVar[str | Promise]
    signal: ClassVar[Signal]
    gathers: ClassVar[bool] = False

    @abstractmethod
    def read(self, said: Mapping[str, Any]) -> News | None:
        """Return what the signal said; None where this event is not about it."""

    @abstractmethod
    def is_open_to(self, user: User) -> bool:
        """Return whether the user's endpoints may choose it. Asked again before each call: roles change."""

    def concerns(self, user: User, subject: int) -> bool:
        """Return whether the user may know of this one."""
        return True

    @abstractmethod
    def data(self, subjects: Sequence[int], facts: dict[str, Any]) -> dict[str, Any] | None:
        """Return what the call says, as it is now; None where there is nothing to tell any more."""


def post_data(post: Post) -> dict[str, Any]:
    """Return how an event names a post."""
    return {"id": post.pk, "url": settings.SITE_URL + post.get_absolute_url(), "title": post.title[:300]}
