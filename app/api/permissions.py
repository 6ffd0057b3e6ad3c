"""Posts by what the caller may do with them. Who may do what is decided by the verbs of User."""

from django.contrib.auth.models import AnonymousUser
from django.utils.translation import gettext as _

from app.accounts.models import User
from app.api.errors import Forbidden, NotFound
from app.blog.models import Post


def visible_post(post_id: int, user: User | AnonymousUser) -> Post:
    """Return a post that the caller may see. Raises NotFound: others' drafts do not show that they exist."""
    post = Post.objects.visible_to(user).filter(pk=post_id).first()
    if post is None:
        raise NotFound
    return post


def editable_post(post_id: int, user: User) -> Post:
    """Return a post that the caller may change. Raises NotFound, Forbidden."""
    post = visible_post(post_id, user)
    if not user.can_edit(post):
        raise Forbidden(_("You may not change this post."))
    return post


def publishable_post(post_id: int, user: User) -> Post:
    """Return a post that the caller may publish, withdraw or mail. Raises NotFound, Forbidden."""
    post = visible_post(post_id, user)
    if not user.can_publish(post):
        raise Forbidden(_("Your account may not publish this post."))
    return post


def watched_post(post_id: int, user: User) -> Post:
    """Return a post whose effects and mailings the caller may see. Raises NotFound, Forbidden."""
    post = Post.objects.filter(pk=post_id).first()
    if post is not None and user.can_watch(post):
        return post
    visible_post(post_id, user)
    raise Forbidden(_("Only the author of a post, editors and staff see what followed from it."))
