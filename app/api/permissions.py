"""Which posts a caller can see, and which they can change."""

from django.contrib.auth.models import AnonymousUser

from app.accounts.models import User
from app.api.auth import runs_the_place
from app.api.errors import Forbidden, NotFound
from app.blog.models import Post


def visible_post(post_id: int, user: User | AnonymousUser) -> Post:
    """Return a public post, or one of the caller's. Raises NotFound: others' drafts do not show that they exist."""
    post = Post.objects.filter(pk=post_id).first()
    if post is None or not (post.status == "published" or _is_theirs(post, user)):
        raise NotFound
    return post


def editable_post(post_id: int, user: User) -> Post:
    """Return a post that the caller may change. Raises NotFound, Forbidden."""
    post = visible_post(post_id, user)
    if not user.can_edit(post):
        raise Forbidden("You may not change this post.")
    return post


def watched_post(post_id: int, user: User) -> Post:
    """Return a post whose effects and sends the caller may see: their own, or any for editors and staff."""
    post = visible_post(post_id, user)
    if not _is_theirs(post, user):
        raise Forbidden("What a post set off is shown to its author and to editors.")
    return post


def _is_theirs(post: Post, user: User | AnonymousUser) -> bool:
    return post.author_id == user.pk or runs_the_place(user)
