"""Who likes which post."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F
from django.db.models.functions import Greatest
from django.utils import timezone

from app.blog.changes import change
from app.blog.errors import NotPublished, PostGone
from app.blog.signals import post_liked, post_unliked
from app.blog.status import Status


class LikeQuerySet(models.QuerySet["Like"]):
    def delete(self) -> tuple[int, dict[str, int]]:
        """Remove the likes one by one, so that each count follows."""
        with change():
            removed = sum(like.remove() for like in self.order_by("post_id", "pk"))
        return removed, {"blog.Like": removed}

    delete.alters_data = True  # type: ignore[attr-defined]
    delete.queryset_only = True  # type: ignore[attr-defined]


class Like(models.Model):
    """One reader's like. The post's count moves in the same transaction."""

    post = models.ForeignKey("blog.Post", on_delete=models.CASCADE, related_name="likes")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="likes")
    created_at = models.DateTimeField(default=timezone.now)

    objects: ClassVar[models.Manager[Like]] = LikeQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["post", "user"], name="like_once")]

    def __str__(self) -> str:
        return f"user {self.user_id} likes post {self.post_id}"

    def save(self, **options: Any) -> None:
        """Insert the like and count it. Raises NotPublished, PostGone. There is nothing to update on one."""
        if not self._state.adding:
            return
        posts = type(self.post)._default_manager.filter(pk=self.post_id)
        with change() as changing:
            super().save(**{**options, "force_insert": True})
            if not posts.filter(status=Status.PUBLISHED).update(like_count=F("like_count") + 1):
                raise NotPublished if posts.exists() else PostGone
            changing.touch(f"post:{self.post_id}")
            post_liked.send(sender=type(self.post), post=self.post, user=self.user)

    def remove(self) -> bool:
        """Delete the like and count it down. Return whether it was still there."""
        posts = type(self.post)._default_manager.filter(pk=self.post_id)
        with change() as changing:
            if not models.QuerySet(Like).filter(pk=self.pk).delete()[0]:
                return False
            posts.update(like_count=Greatest(F("like_count") - 1, 0))
            changing.touch(f"post:{self.post_id}")
            post_unliked.send(sender=type(self.post), post=self.post, user=self.user)
        return True

    def delete(self, using: Any = None, keep_parents: bool = False) -> tuple[int, dict[str, int]]:
        """Remove the like and count it down."""
        removed = int(self.remove())
        return removed, {"blog.Like": removed}
