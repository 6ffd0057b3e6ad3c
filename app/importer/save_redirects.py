"""Store under which addresses posts were on their old site."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from app.blog.models import Redirect
from app.blog.models.redirect import old_path

if TYPE_CHECKING:
    from app.importer.outcome import Outcome


def save_redirects(outcomes: Sequence[Outcome]) -> None:
    """Send requests for the old addresses of these posts to them, in two statements for all.

    An address that another post has already is noted in the outcome.
    """
    wanted = [(outcome, outcome.post_id, paths_of(outcome)) for outcome in outcomes if outcome.post_id is not None]
    rows = [Redirect(path=path, post_id=post_id) for _, post_id, paths in wanted for path in paths]
    if not rows:
        return
    Redirect.objects.bulk_create(rows, ignore_conflicts=True)
    owners = dict(Redirect.objects.filter(path__in=[row.path for row in rows]).values_list("path", "post_id"))
    for outcome, post_id, paths in wanted:
        outcome.taken = [f"/{path}" for path in paths if owners.get(path) != post_id]
        outcome.addresses = len(paths) - len(outcome.taken)


def foresee_redirects(outcomes: Sequence[Outcome]) -> None:
    """Note what save_redirects() would, without storing anything."""
    wanted = [(outcome, paths_of(outcome)) for outcome in outcomes]
    owners = dict(
        Redirect.objects.filter(path__in=[path for _, paths in wanted for path in paths]).values_list("path", "post_id")
    )
    for outcome, paths in wanted:
        outcome.taken = [f"/{path}" for path in paths if owners.get(path, outcome.post_id) != outcome.post_id]
        outcome.addresses = len(paths) - len(outcome.taken)


def paths_of(outcome: Outcome) -> tuple[str, ...]:
    """Return the old paths, each once, without the one that the post has here."""
    paths = dict.fromkeys(old_path(url) for url in outcome.planned.post.old_urls)
    return tuple(path for path in paths if path and path != f"posts/{outcome.planned.slug}")
