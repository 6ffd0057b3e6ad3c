"""Documents that were read in an earlier way, of a release or a setting that is gone, are written again."""

from __future__ import annotations

import time

from django.db import DatabaseError

from app.search.analysis import RECIPE
from app.search.effects import BATCH_SIZE
from app.search.index import update_search_index_batch
from owed.sql import rows, run

SECONDS = 200.0
"""Less than what lies between two runs."""
BEHIND = "SELECT post_id FROM search_document WHERE recipe < %s AND post_id > %s ORDER BY post_id LIMIT %s"
# Posts that name no language are read in the site's.
MARK = """
UPDATE search_document SET recipe = 0 FROM blog_post post WHERE post.id = post_id AND post.language = '' AND recipe > 0
"""


def catch_up(seconds: float = SECONDS) -> int:
    """Write such documents again, a hundred in a transaction, until the time is up; return how many.

    What the database refuses does not hold up the others: of a batch that it refuses each is written alone, and its error is
    raised after them.
    """
    until, after, done = time.monotonic() + seconds, 0, 0
    refused = list[DatabaseError]()
    while time.monotonic() < until and (ids := [pk for (pk,) in rows(BEHIND, [RECIPE, after, BATCH_SIZE])]):
        done += _write(ids, refused)
        after = ids[-1]
    if refused:
        raise refused[-1]
    return done


def _write(ids: list[int], refused: list[DatabaseError]) -> int:
    """Write these again, all at once or one by one; return how many, and add the errors of the others."""
    try:
        return update_search_index_batch(ids, again=True)
    except DatabaseError as error:
        if len(ids) > 1:
            return sum(_write([pk], refused) for pk in ids)
        refused.append(error)
        return 0


def read_again() -> int:
    """Let the documents be written again that depend on the site's language; return how many."""
    return run(MARK)
