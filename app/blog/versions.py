"""Versions of what pages show: a key that holds one is never wrong, only old.

A cache key made of a scope's number is new after each change, so that a slow reader cannot put an old page back.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import CharField, OuterRef, Subquery, Value
from django.db.models.functions import Cast, Coalesce, Concat

from app.blog.models.version import Version
from owed.sql import run

SITE = "site"
_SCOPE = Concat(Value("post:"), Cast(OuterRef("pk"), CharField()))
# A post's number, read in the same snapshot as its row: a page is then never newer in name than in content.
OF_POST = Coalesce(Subquery(Version.objects.filter(scope=_SCOPE).values("number")), 0)
# The sorted order is the order in which rows are locked: two changes at once cannot wait for each other.
BUMP = """
INSERT INTO blog_version (scope, number) SELECT scope, 1 FROM unnest(%s::text[]) AS changed (scope)
ON CONFLICT (scope) DO UPDATE SET number = blog_version.number + 1
"""


def bump(*scopes: str) -> None:
    """Raise the numbers of these scopes. Call it inside the transaction of the change, as its last write."""
    if scopes:
        run(BUMP, [sorted(set(scopes))])


def current(scope: str) -> int:
    """Return the scope's number; 0 when it never changed."""
    return current_of([scope])[scope]


def current_of(scopes: Iterable[str]) -> dict[str, int]:
    """Return the numbers of several scopes, read at one moment."""
    wanted = list(scopes)
    known = dict(Version.objects.filter(scope__in=wanted).values_list("scope", "number"))
    return {scope: known.get(scope, 0) for scope in wanted}
