"""Where the pages of posts were on the site that they were imported from."""

from __future__ import annotations

import re
from typing import ClassVar
from urllib.parse import unquote

from django.db import models
from django.utils import timezone

from app.blog.url_parts import url_parts

LONGEST = 500
NUMBERED = re.compile(r"p=[0-9]{1,12}")


class RedirectQuerySet(models.QuerySet["Redirect"]):
    def public(self) -> RedirectQuerySet:
        """Leave out redirects to posts that readers have never seen: an answer would tell that they exist."""
        return self.filter(post__status__in=["published", "withdrawn"], post__published_at__isnull=False)


class Redirect(models.Model):
    """An old address of a post: its path as `old_path()` writes it. A request that finds no page is sent to the post."""

    path = models.CharField(max_length=LONGEST, unique=True)
    post = models.ForeignKey("blog.Post", on_delete=models.CASCADE, related_name="redirects")
    created_at = models.DateTimeField(default=timezone.now)

    objects: ClassVar[RedirectQuerySet] = RedirectQuerySet.as_manager()  # type: ignore[assignment]

    def __str__(self) -> str:
        return f"/{self.path}"


def old_path(url: str) -> str:
    """Return the path of an address, decoded and in one spelling: no slash at its ends, no `index.html`, no case.

    `/?p=12`, WordPress' address of a post by number, is `?p=12`. Empty for the home page and for non-addresses.
    """
    parts = url_parts(url)
    path = unquote(parts.path).replace("\0", "").strip("/").lower()
    for ending in ("/index.html", "/index.htm", "/index.php", ".html", ".htm", ".md"):
        path = path.removesuffix(ending)
    if path in {"", "index", "index.php"}:
        query = parts.query.partition("&")[0]
        return f"?{query}" if NUMBERED.fullmatch(query) else ""
    return path.strip("/")[:LONGEST]
