"""Store under which addresses a post was on its old site."""

from __future__ import annotations

from collections.abc import Sequence

from app.blog.models import Post, Redirect
from app.blog.models.redirect import old_path


def save_redirects(post: Post, urls: Sequence[str]) -> list[str]:
    """Send requests for these addresses to the post. Return those that another post has already."""
    paths = [path for path in dict.fromkeys(old_path(url) for url in urls) if path and path != f"posts/{post.slug}"]
    if not paths:
        return []
    Redirect.objects.bulk_create([Redirect(path=path, post=post) for path in paths], ignore_conflicts=True)
    others = Redirect.objects.filter(path__in=paths).exclude(post=post).values_list("path", flat=True)
    return sorted(f"/{path}" for path in others)
