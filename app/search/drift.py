"""How far the index is from the posts."""

from __future__ import annotations

from dataclasses import dataclass, fields

from app.search.analysis import RECIPE
from app.search.documents import read
from app.search.index import columns
from owed.sql import rows

COMPARE = """
SELECT coalesce(found.post_id, wanted.post_id),
       CASE WHEN found.post_id IS NULL THEN 'missing' WHEN wanted.post_id IS NULL THEN 'left'
            WHEN found.revision <> wanted.revision THEN 'stale' ELSE 'different' END
FROM (SELECT * FROM search_document WHERE post_id = ANY(%(ids)s)) AS found
FULL JOIN unnest(%(post_id)s::bigint[], %(revision)s::int[], %(published_at)s::timestamptz[], %(vector)s::text[],
                 %(pairs)s::text[]) AS wanted (post_id, revision, published_at, vector, pairs) ON wanted.post_id = found.post_id
WHERE found.post_id IS NULL OR wanted.post_id IS NULL OR found.revision <> wanted.revision OR found.recipe <> %(recipe)s
   OR found.vector <> wanted.vector::tsvector OR found.published_at <> wanted.published_at
   OR found.pairs IS DISTINCT FROM wanted.pairs::int[]
"""
IDS = """
SELECT id FROM (
    (SELECT id FROM blog_post WHERE id > %(after)s AND status = 'published' ORDER BY id LIMIT %(size)s)
    UNION (SELECT post_id FROM search_document WHERE post_id > %(after)s ORDER BY post_id LIMIT %(size)s)
) AS known ORDER BY id LIMIT %(size)s
"""


@dataclass
class Drift:
    """How many documents are missing, of an older revision, left by a post that is not public, or otherwise different."""

    missing: int = 0
    stale: int = 0
    left: int = 0
    different: int = 0

    def add(self, kind: str) -> None:
        setattr(self, kind, getattr(self, kind) + 1)

    def __bool__(self) -> bool:
        return any(getattr(self, field.name) for field in fields(self))

    def __str__(self) -> str:
        return ", ".join(f"{getattr(self, field.name)} {field.name}" for field in fields(self))


def known_ids(*, after: int, size: int) -> list[int]:
    """Return the next ids of public posts and of documents."""
    return [pk for (pk,) in rows(IDS, {"after": after, "size": size})]


def differences(ids: list[int]) -> dict[int, str]:
    """Return which of these posts' documents differ from the posts, and how."""
    return dict(rows(COMPARE, {"ids": ids, "recipe": RECIPE, **columns(read(ids))}))
