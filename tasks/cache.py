"""The cache follows what was committed. Pages need none of this to be right: their keys hold a version."""

from collections.abc import Sequence

from app.blog.placement import placement_of
from app.pagecache import effects
from app.pagecache.pages import purge as purge_pages


@effects.purge.runs
def purge(*, post_id: int, also: Sequence[str] = ()) -> None:
    # Where the post is now; `also` holds where it was, which only the receiver knew.
    now = placement_of(post_id)
    purge_pages({f"post:{post_id}", *(now.scopes() if now else ()), *also})
