"""Names that pages show beside posts: when one changes, those pages are built anew."""

from __future__ import annotations

from django.db.models import Model
from django.db.models.signals import m2m_changed, post_save, pre_delete

from app.accounts.models import Profile
from app.blog.changes import change
from app.blog.models import Category, Post, Tag


def connect() -> None:
    """Listen to profiles, categories and tags."""
    post_save.connect(_profile_saved, sender=Profile, dispatch_uid="blog.profile_saved")
    m2m_changed.connect(_tags_changed, sender=Post.tags.through, dispatch_uid="blog.tags_changed")
    for model, name in ((Category, "category"), (Tag, "tag")):
        post_save.connect(_filing_saved, sender=model, dispatch_uid=f"blog.{name}_saved")
        pre_delete.connect(_filing_changes, sender=model, dispatch_uid=f"blog.{name}_goes")


def _profile_saved(sender: type[Profile], instance: Profile, created: bool, raw: bool = False, **kwargs: object) -> None:
    if not created and not raw:
        with change() as changing:
            changing.touch("site", f"author:{instance.user_id}")
            changing.touch(*_pages(Post.objects.filter(author=instance.user_id)))


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
    with change() as changing:
        changing.touch("site", f"{instance._meta.model_name}:{instance.pk}")
        changing.touch(*_pages(instance.posts))


def _pages(posts: object) -> list[str]:
    return [f"post:{pk}" for pk in posts.public().values_list("pk", flat=True)]  # type: ignore[attr-defined]
