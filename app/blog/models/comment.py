"""Comments of readers."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Greatest, Length
from django.db.models.lookups import LessThanOrEqual
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from app.accounts.models import User
from app.blog import text
from app.blog.changes import change
from app.blog.errors import AlreadyApproved, CommentGone, NotPublished, NotVisible, PostGone
from app.blog.markdown import render_comment
from app.blog.models.tracking import Tracked
from app.blog.signals import comment_approved, comment_held, comment_hidden, comment_posted
from app.blog.status import Status
from app.mail.forms import validate_address
from app.site import limits


class CommentStatus(models.TextChoices):
    HELD = "held", gettext_lazy("Held")
    APPROVED = "approved", gettext_lazy("Approved")
    SPAM = "spam", gettext_lazy("Spam")
    DELETED = "deleted", gettext_lazy("Deleted")


class CommentQuerySet(models.QuerySet["Comment"]):
    def approved(self) -> CommentQuerySet:
        return self.filter(status=CommentStatus.APPROVED)

    def held(self) -> CommentQuerySet:
        return self.filter(status=CommentStatus.HELD)

    def moderated_by(self, user: User) -> CommentQuerySet:
        """Return the comments on posts for which `user.can_moderate(post)` is true."""
        if user.edits_everything:
            return self.all()
        return self.filter(post__author=user) if user.moderates else self.none()

    def saying(self, words: str) -> CommentQuerySet:
        """Return the comments with these words in their text or in the name of who wrote them."""
        wrote = Q(guest_name__icontains=words) | Q(author__username__icontains=words)
        return self.filter(Q(content__icontains=words) | wrote | Q(author__profile__display_name__icontains=words))

    def thread(self) -> CommentQuerySet:
        """Return what readers see, oldest first, with names."""
        return self.approved().select_related("author__profile").order_by("created_at", "pk")

    def delete(self) -> tuple[int, dict[str, int]]:
        """Hide what is visible, so that each count follows, and remove the rows."""
        with change():
            for comment in self.approved().order_by("post_id", "pk"):
                comment.hide(CommentStatus.DELETED)
            return super().delete()

    delete.alters_data = True  # type: ignore[attr-defined]
    delete.queryset_only = True  # type: ignore[attr-defined]


class Comment(Tracked):
    """A comment on a post, by a user or a guest. Counted while it is approved."""

    TRACKED = frozenset({"content", "guest_name", "guest_email", "status"})

    post = models.ForeignKey("blog.Post", on_delete=models.CASCADE, related_name="comments")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="comments"
    )
    guest_name = models.CharField(max_length=limits.NAME, blank=True, validators=[limits.validate_visible])
    guest_email = models.EmailField(blank=True)
    parent = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, blank=True, related_name="replies")
    content = models.TextField(max_length=limits.COMMENT, validators=[limits.validate_visible])
    content_html = models.TextField(blank=True, editable=False)
    status = models.CharField(max_length=8, choices=CommentStatus, default=CommentStatus.HELD)
    created_at = models.DateTimeField(default=timezone.now)
    announced_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects: ClassVar[CommentQuerySet] = CommentQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["post", "status", "created_at"], name="comment_thread"),
            models.Index(fields=["id"], name="comment_waiting", condition=Q(status=CommentStatus.HELD)),
            models.Index(fields=["created_at"], name="comment_of_guest", condition=Q(author=None)),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(status__in=CommentStatus.values), name="comment_status_known"),
            models.CheckConstraint(condition=LessThanOrEqual(Length("content"), limits.COMMENT), name="comment_not_too_long"),
        ]

    def __str__(self) -> str:
        return f"comment {self.pk} on post {self.post_id}"

    @property
    def name(self) -> str:
        """Return who wrote it, as readers see it."""
        if self.author is not None:
            return self.author.profile.name
        return self.guest_name or _("Anonymous")

    def save(self, **options: Any) -> None:
        """Insert, or write what was changed of the words. The status moves by its verbs. Raises ValidationError."""
        only = options.get("update_fields")
        if self._state.adding or self._changed(only) - {"status"}:
            self._tidy()  # before the transaction: rendering takes its time
        with change():
            if self._state.adding:
                self._insert(options)
            else:
                self._update(only)

    def _insert(self, options: dict[str, Any]) -> None:
        wanted, self.status = self.status, CommentStatus.HELD if self.status == CommentStatus.APPROVED else self.status
        if not type(self.post)._default_manager.filter(pk=self.post_id, status=Status.PUBLISHED).exists():
            raise NotPublished
        super().save(**{**options, "force_insert": True})
        self._remember(self.TRACKED)
        comment_posted.send(sender=type(self), comment=self)
        if wanted == CommentStatus.APPROVED:
            self.approve()
        # A guest's waits first for the spam check, which says so.
        elif wanted == CommentStatus.HELD and self.author_id is not None:
            comment_held.send(sender=type(self), comment=self)

    def _update(self, only: list[str] | None) -> None:
        changed = self._changed(only)
        wanted = self.status if "status" in changed else None
        if words := changed - {"status"}:
            if not Comment.objects.filter(pk=self.pk).update(
                **{name: getattr(self, name) for name in words | {"content_html"}}
            ):
                raise CommentGone
            self._remember(words)
            self._touch()
        if wanted == CommentStatus.APPROVED:
            self.approve()
        elif wanted is not None:
            self.set_aside(wanted)

    def _tidy(self) -> None:
        self.content = text.comment(self.content)
        self.guest_name = text.guest_name(self.guest_name)
        if self.guest_email:
            validate_address(self.guest_email)
        if self.parent is not None and self.parent.post_id != self.post_id:
            raise ValidationError({"parent": _("The comment you are replying to belongs to another post.")})
        self.content_html = render_comment(self.content)

    def approve(self) -> None:
        """Show the comment, count it, and say so the first time. Raises AlreadyApproved, CommentGone."""
        with change():
            if not self._rows().exclude(status=CommentStatus.APPROVED).update(status=CommentStatus.APPROVED):
                raise AlreadyApproved if self._rows().exists() else CommentGone
            is_first = self._rows().filter(announced_at=None).update(announced_at=timezone.now())
            self.refresh_from_db(fields=["status", "announced_at"])
            self._count(1, last_activity=Greatest("last_activity", self.created_at) if is_first else F("last_activity"))
            if is_first:
                comment_approved.send(sender=type(self), comment=self)

    def hide(self, status: str = CommentStatus.HELD) -> None:
        """Take a visible comment away from readers, and say so. Raises NotVisible, CommentGone."""
        with change():
            if not self._rows().filter(status=CommentStatus.APPROVED).update(status=status):
                raise NotVisible if self._rows().exists() else CommentGone
            self.refresh_from_db(fields=["status"])
            self._count(-1)
            comment_hidden.send(sender=type(self), comment=self)

    def set_aside(self, status: str) -> None:
        """Hide a visible comment, or change the status of one that is not visible. Raises CommentGone."""
        with change():
            if self._rows().filter(status=CommentStatus.APPROVED).exists():
                self.hide(status)
            elif not self._rows().exclude(status=CommentStatus.APPROVED).update(status=status):
                raise CommentGone
            self.refresh_from_db(fields=["status"])

    def suspect(self) -> bool:
        """File a held comment as spam. Return whether it was held until now: what an editor has judged stays."""
        return bool(self._rows().filter(status=CommentStatus.HELD).update(status=CommentStatus.SPAM))

    def _count(self, by: int, **values: Any) -> None:
        posts = type(self.post)._default_manager.filter(pk=self.post_id)
        if not posts.update(comment_count=Greatest(F("comment_count") + by, 0), **values):
            raise PostGone
        self._touch()

    def _touch(self) -> None:
        with change() as changing:
            changing.touch(f"post:{self.post_id}")

    def _rows(self) -> models.QuerySet[Comment]:
        return Comment.objects.filter(pk=self.pk)

    def delete(self, using: Any = None, keep_parents: bool = False) -> tuple[int, dict[str, int]]:
        """Hide the comment if it is visible, then remove its row."""
        with change():
            if self._rows().filter(status=CommentStatus.APPROVED).exists():
                self.hide(CommentStatus.DELETED)
            return super().delete(using=using, keep_parents=keep_parents)
