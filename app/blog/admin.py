"""Posts and what belongs to them in Django's admin. Every change goes through the verbs."""

from __future__ import annotations

from typing import Any, ClassVar, cast

from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from app.accounts.models import User
from app.blog import text
from app.blog.errors import AlreadyApproved, CommentGone, NotVisible
from app.blog.models import Category, Comment, CommentStatus, Media, Post, PostSlug, Tag
from app.blog.revisions import acting
from owed import clock

COUNTS = ("view_count", "like_count", "comment_count", "revision")
TIMES = ("created_at", "updated_at", "publish_at", "published_at", "last_activity")


class PostForm(ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Post
        fields = ("title", "slug", "content", "excerpt", "language", "author", "category", "tags", "cover")

    def clean_content(self) -> str:
        return text.clean(self.cleaned_data["content"])


@admin.register(Post)
class PostAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    form = PostForm
    list_display = ("title", "author", "status", "published_at", "view_count", "like_count", "comment_count")
    list_filter = ("status", "category")
    list_select_related: ClassVar = ["author"]
    search_fields = ("title", "slug")
    autocomplete_fields = ("author", "category", "tags")
    raw_id_fields = ("cover",)
    readonly_fields = ("status", *COUNTS, *TIMES)
    ordering = ("-pk",)
    actions = ("publish", "withdraw")

    @admin.action(description=_("Publish the selected posts"))
    def publish(self, request: HttpRequest, posts: QuerySet[Post]) -> None:
        _say(request, _("%(count)d published."), Post.objects.filter(pk__in=posts.values("pk")).publish(at=clock.now()))

    @admin.action(description=_("Withdraw the selected posts"))
    def withdraw(self, request: HttpRequest, posts: QuerySet[Post]) -> None:
        _say(request, _("%(count)d withdrawn."), Post.objects.filter(pk__in=posts.values("pk")).withdraw())

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Write the text, in the name of the person who saves it."""
        with acting(cast("User", request.user)):
            super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Write the tags by the verb that announces the change."""
        form.instance.revise(tags=list(form.cleaned_data["tags"]))


@admin.register(Comment)
class CommentAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("pk", "post", "author", "guest_name", "status", "created_at")
    list_filter = ("status",)
    list_select_related: ClassVar = ["post", "author"]
    readonly_fields = ("post", "author", "parent", "created_at", "announced_at")
    ordering = ("-pk",)
    actions = ("approve", "hide", "mark_as_spam")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse: a comment is written below its post."""
        return False

    @admin.action(description=_("Approve the selected comments"))
    def approve(self, request: HttpRequest, comments: QuerySet[Comment]) -> None:
        _say(request, _("%(count)d approved."), sum(_approve_unless_visible(comment) for comment in _sorted(comments)))

    @admin.action(description=_("Hide the selected comments"))
    def hide(self, request: HttpRequest, comments: QuerySet[Comment]) -> None:
        _say(
            request, _("%(count)d hidden."), sum(_hide_if_visible(comment, CommentStatus.HELD) for comment in _sorted(comments))
        )

    @admin.action(description=_("Mark the selected comments as spam"))
    def mark_as_spam(self, request: HttpRequest, comments: QuerySet[Comment]) -> None:
        for comment in _sorted(comments):
            comment.status = CommentStatus.SPAM
            comment.save(update_fields=["status"])
        _say(request, _("%(count)d marked as spam."), comments.count())


@admin.register(Category, Tag)
class TaxonomyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("name", "slug")
    search_fields = ("name",)
    prepopulated_fields: ClassVar = {"slug": ("name",)}


@admin.register(PostSlug)
class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(Media)
class MediaAdmin(ReadOnlyAdmin):
    list_display = ("file", "owner", "created_at", "deleted_at")
    list_select_related: ClassVar = ["owner"]

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Pictures are deleted in the studio, which shows where each is used."""
        return False


def _sorted(comments: QuerySet[Comment]) -> QuerySet[Comment]:
    return comments.order_by("post_id", "pk")


def _approve_unless_visible(comment: Comment) -> bool:
    try:
        comment.approve()
    except (AlreadyApproved, CommentGone):
        return False
    return True


def _hide_if_visible(comment: Comment, status: str) -> bool:
    try:
        comment.hide(status)
    except (NotVisible, CommentGone):
        return False
    return True


def _say(request: HttpRequest, text: Promise | str, count: int) -> None:
    messages.success(request, str(text) % {"count": count})
