"""Two writers saved the same post: what each of them has, so that one can choose."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from app.blog.models import Post
from app.blog.revisions import latest
from app.studio.comparison import LABELS, Difference, differences
from app.studio.forms import initial

if TYPE_CHECKING:
    from app.studio.forms import PostForm


@dataclass(frozen=True)
class Conflict:
    """What the other one saved. `number` is the revision that the page shows, and that a decision is about."""

    name: str
    at: datetime
    number: int
    differences: list[Difference]


def conflict(form: PostForm, theirs: Post) -> Conflict:
    """Return what is saved now against what was typed."""
    saved = as_typed(theirs)
    typed = {name: str(form.data.get(name, "")) for name in LABELS}
    if not typed["slug"]:
        typed["slug"] = saved["slug"]
    last = latest(theirs)
    by = last.saved_by if last and last.number == theirs.edited_revision else None
    name = by.profile.name if by else _("Someone else")
    return Conflict(name, theirs.updated_at, theirs.revision, differences(saved, typed))


def as_typed(post: Post | None) -> dict[str, str]:
    """Return the fields of the editor as text; none for a new post."""
    return {name: "" if value is None else str(value) for name, value in initial(post).items()} if post else {}
