"""Pages of a list that may have millions of rows: no one leafs to the end, and to count them all takes longer than a page."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.core.paginator import Paginator

MOST = 10_000


class BoundedPaginator(Paginator):  # type: ignore[type-arg]
    """Counts and shows at most MOST rows; `has_more` says that there are others."""

    @cached_property
    def count(self) -> int:
        return min(self._found, MOST)

    @property
    def has_more(self) -> bool:
        return self._found > MOST

    @cached_property
    def _found(self) -> int:
        # Without the order: the first rows that are found do.
        rows: Any = self.object_list
        return int(rows.order_by()[: MOST + 1].count())
