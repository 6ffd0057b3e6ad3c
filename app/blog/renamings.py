"""Names that pages, feeds and the index show beside posts: when one changes, all that shows it follows."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import Model, QuerySet
from django.db.models.signals import m2m_changed, post_save, pre_delete, pre_save

from app.accounts.models import Profile, User
from app.blog.changes import change
from app.blog.models import Category, Post, Tag
from app.blog.signals import posts_relabelled

NAMES: dict[type[Model], str] = {User: "username", Profile: "display_name"}
"""What authors are called by."""


def connect() -> None:
    """Listen to users, profiles, categories and tags."""
    for author, name in ((User, "user"), (Profile, "profile")):
        pre_save.connect(_author_saves, sender=author, dispatch_uid=f"blog.{name}_saves")
        post_save.connect(_author_saved, sender=author, dispatch_uid=f"blog.{name}_saved")
    m2m_changed.connect(_tags_changed, sender=Post.tags.through, dispatch_uid="blog.tags_changed")
    for model, name in ((Category, "category"), (Tag, "tag")):
        post_save.connect(_filing_saved, sender=model, dispatch_uid=f"blog.{name}_saved")
        pre_delete.connect(_filing_changes, sender=model, dispatch_uid=f"blog.{name}_goes")


def _author_saves(
    sender: type[User | Profile],
    instance: User | Profile,
    raw: bool = False,
    update_fields: Collection[str] | None = None,
    **kwargs: object,
) -> None:
    """Note whether this save gives another name: afterwards nobody could tell."""
    name = NAMES[sender]
    is_written = not raw and not instance._state.adding and (update_fields is None or name in update_fields)
    known = sender._default_manager.filter(pk=instance.pk, **{name: getattr(instance, name)})
    instance._is_renamed = is_written and not known.exists()  # type: ignore[union-attr]


def _author_saved(
    sender: type[User | Profile], instance: User | Profile, created: bool, raw: bool = False, **kwargs: object
) -> None:
    user_id = instance.pk if isinstance(instance, User) else instance.user_id
    if instance._is_renamed:  # type: ignore[union-attr]
        _relabel(sender, Post.objects.filter(author=user_id), f"author:{user_id}")
    elif sender is Profile and not created and not raw:
        _build_anew(Post.objects.filter(author=user_id), f"author:{user_id}")


def _tags_changed(sender: type[Model], instance: Post | Tag, action: str, pk_set: set[int] | None, **kwargs: object) -> None:
    if isinstance(instance, Post) and instance.is_public and action in {"post_add", "post_remove", "pre_clear"}:
        tags = instance.tags.values_list("pk", flat=True) if pk_set is None else pk_set
        with change() as changing:
            changing.touch("site", f"post:{instance.pk}", *(f"tag:{pk}" for pk in tags))


def _filing_saved(
    sender: type[Category | Tag], instance: Category | Tag, created: bool, raw: bool = False, **kwargs: object
) -> None:
    if not created and not raw:
        _filing_changes(sender, instance)


def _filing_changes(sender: type[Category | Tag], instance: Category | Tag, **kwargs: object) -> None:
    _relabel(sender, instance.posts.all(), f"{instance._meta.model_name}:{instance.pk}")


def _relabel(sender: type[Model], posts: QuerySet[Post], scope: str) -> None:
    with change():
        shown = _build_anew(posts, scope)
        posts_relabelled.send(sender=sender, post_ids=shown, scope=scope)


def _build_anew(posts: QuerySet[Post], scope: str) -> list[int]:
    """Let the pages that show the name be built anew. Return the public posts among these."""
    shown = list(posts.filter(status="published").order_by("pk").values_list("pk", flat=True))
    with change() as changing:
        changing.touch("site", scope, *(f"post:{pk}" for pk in shown))
    return shown
