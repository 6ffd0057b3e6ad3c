"""What else goes when posts or users go, whatever deletes them: one statement each, however many.

Django sends a signal for each deleted row. The rows of one deletion share its origin, so what they need is read when the first
is about to go, and written when the last is gone.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Model, Q, QuerySet
from django.db.models.signals import post_delete, pre_delete

from app.accounts.models import User
from app.blog.changes import change
from app.blog.models import Comment, EarlierUse, Like, Post
from app.blog.placement import Placement, lock, placements_of
from app.blog.signals import post_deleted, post_unscheduled
from owed import gather
from owed.sql import rows

UNLIKE = """
WITH gone AS (DELETE FROM blog_like WHERE id = ANY(%s) RETURNING post_id)
UPDATE blog_post SET like_count = GREATEST(like_count - 1, 0) WHERE id IN (SELECT post_id FROM gone) RETURNING id
"""


class Deletion:
    """The posts of one deletion: those that are still to go, and where each was shown."""

    def __init__(self, origin: object) -> None:
        self.pending: set[int] = set()
        self.placements = _locked(_of(origin))
        self.seen = _seen(self.placements)

    def expect(self, post: Post) -> None:
        self.pending.add(post.pk)
        if post.pk not in self.placements:
            late = _locked(Q(pk=post.pk))
            self.placements |= late
            self.seen |= _seen(late)

    def is_last(self, post: Post) -> bool:
        self.pending.discard(post.pk)
        return not self.pending

    def announce(self) -> None:
        """Count the posts down, note what readers saw in them, and send post_deleted, once for each."""
        with change() as changing, gather():
            EarlierUse.objects.note([(self.placements[pk], self.placements[pk].media_ids) for pk in sorted(self.seen)])
            for before in self.placements.values():
                changing.count(before.author_id, posts=-1, published=-int(before.is_public))
                changing.touch(*(before.scopes() if before.is_public else ()))
                post_deleted.send(sender=Post, post_id=before.post_id, before=before)


def connect() -> None:
    """Listen to deletions of posts and users."""
    pre_delete.connect(_post_goes, sender=Post, dispatch_uid="blog.post_goes")
    post_delete.connect(_post_went, sender=Post, dispatch_uid="blog.post_went")
    pre_delete.connect(_user_goes, sender=User, dispatch_uid="blog.user_goes")


def _post_goes(sender: type[Post], instance: Post, origin: Any = None, **kwargs: object) -> None:
    root: Any = instance if origin is None else origin
    deletion: Deletion | None = getattr(root, "_deletion", None)
    if deletion is None or instance.pk in deletion.pending:
        deletion = root._deletion = Deletion(root)
    deletion.expect(instance)
    if instance.publish_at is not None:
        post_unscheduled.send(sender=Post, post=instance)


def _post_went(sender: type[Post], instance: Post, origin: Any = None, **kwargs: object) -> None:
    root: Any = instance if origin is None else origin
    deletion: Deletion = root._deletion
    if deletion.is_last(instance):
        del root._deletion
        deletion.announce()


def _of(origin: object) -> Q:
    """Return which posts go with the origin, as far as that is known beforehand."""
    if isinstance(origin, Post):
        return Q(pk=origin.pk)
    if isinstance(origin, User):
        return Q(author=origin)
    if isinstance(origin, QuerySet) and origin.model is Post:
        return Q(pk__in=_keys(origin))
    if isinstance(origin, QuerySet) and origin.model is User:
        return Q(author__in=_keys(origin))
    return Q(pk__in=[])


def _keys(origin: QuerySet[Model]) -> QuerySet[Model, Any]:
    return origin.order_by().values("pk")


def _locked(posts: Q) -> dict[int, Placement]:
    found = lock(Post.objects.filter(posts), to_delete=True)
    return placements_of(found) if found else {}


def _seen(placements: Iterable[int]) -> set[int]:
    """Return which of the posts readers could ever see. Of a closed account nothing is kept."""
    posts = Post.objects.filter(pk__in=list(placements), author__in=User.objects.shown(), published_at__isnull=False)
    return set(posts.values_list("pk", flat=True))


def _user_goes(sender: type[User], instance: User, **kwargs: object) -> None:
    """Remove the user's likes, and let pages with their comments be built again."""
    take_likes(instance.pk)
    with change() as changing:
        commented = Comment.objects.filter(author=instance).values_list("post_id", flat=True).distinct()
        changing.touch(*(f"post:{pk}" for pk in commented))


def take_likes(user_id: int, most: int | None = None) -> int:
    """Remove a user's likes, or some of them, and count them down in one statement. Return how many went."""
    likes = list(Like.objects.filter(user=user_id).order_by("pk").values_list("pk", flat=True)[:most])
    if not likes:
        return 0
    with change() as changing:
        lock(Post.objects.filter(pk__in=Like.objects.filter(pk__in=likes).values("post_id")))
        changing.touch(*(f"post:{pk}" for (pk,) in rows(UNLIKE, [likes])))
    return len(likes)


def take_names(user_id: int, most: int) -> int:
    """Remove the name from some of a user's comments; the text stays. Return how many."""
    said = dict(Comment.objects.filter(author=user_id).order_by("pk").values_list("pk", "post_id")[:most])
    with change() as changing:
        Comment.objects.filter(pk__in=said).update(author=None)
        changing.touch(*(f"post:{pk}" for pk in said.values()))
    return len(said)
