"""What networks still show of posts that are not public here: deleted, withdrawn, or only planned, as after a restore."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _

from app.blog.models import Post
from app.social.models import ShareState, SocialPost

MAY_BE_SHOWN = Q(state__in=[ShareState.SENT, ShareState.UNKNOWN, ShareState.SUBMITTING]) | (
    Q(state=ShareState.FAILED) & ~Q(remote_id="")
)


@dataclass(frozen=True, kw_only=True)
class Stray:
    """A share without a public post. `why` says what became of the post, `is_certain` whether the network showed it."""

    share: SocialPost
    title: str
    why: str
    is_certain: bool


def strays() -> Iterator[Stray]:
    """Yield what the networks show, or may show, and the site has no more, as far as the rows of the shares know."""
    public = Post.objects.public().filter(pk=OuterRef("post_id"))
    rows = SocialPost.objects.filter(MAY_BE_SHOWN, ~Exists(public)).select_related("account").order_by("account_id", "pk")
    posts = dict(Post.objects.filter(pk__in=rows.order_by().values("post_id")).values_list("pk", "title"))
    stati = dict(Post.objects.filter(pk__in=posts).values_list("pk", "status"))
    for row in rows.iterator(500):
        certain = bool(row.remote_id) and row.state != ShareState.UNKNOWN
        title = posts.get(row.post_id, str(row.shown.get("title", "")))
        yield Stray(share=row, title=title, why=stati.get(row.post_id, _("deleted")), is_certain=certain)
