"""Names that pages, feeds and the index show beside posts: when one changes, all that shows it follows."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import Model, QuerySet
from django.db.models.signals import m2m_changed, post_save, pre_delete, pre_save

from app.accounts.models import Profile, User
from app.blog.changes import change
from app.blog.models import Category, Comment, Post, Tag
from app.blog.placement import lock
from app.blog.signals import posts_relabelled
from app.blog.status import Status
from owed import gather

NAMES: dict[type[Model], str] = {User: "username", Profile: "display_name", Category: "name", Tag: "name"}
"""The field that holds each model's name."""
PART = 100
"""Posts that one signal names."""


def connect() -> None:
    """Listen to users, profiles, categories and tags."""
    for model in NAMES:
        pre_save.connect(_look_back, sender=model, dispatch_uid=f"blog.{model.__name__.lower()}_saves")
    for author in (User, Profile):
        post_save.connect(_author_saved, sender=author, dispatch_uid=f"blog.{author.__name__.lower()}_saved")
    for label in (Category, Tag):
        post_save.connect(_label_saved, sender=label, dispatch_uid=f"blog.{label.__name__.lower()}_saved")
        pre_delete.connect(_label_goes, sender=label, dispatch_uid=f"blog.{label.__name__.lower()}_goes")
    m2m_changed.connect(_tags_changed, sender=Post.tags.through, dispatch_uid="blog.tags_changed")


def _look_back(
    sender: type[Model], instance: Model, raw: bool = False, update_fields: Collection[str] | None = None, **kwargs: object
) -> None:
    """Note whether this save changes the name; afterwards that cannot be seen. The row stays locked until it is saved."""
    name, known = NAMES[sender], list[str]()
    if not raw and instance.pk is not None and (update_fields is None or name in update_fields):
        row = sender._default_manager.select_for_update(no_key=True).filter(pk=instance.pk)
        known = list(row.values_list(name, flat=True))
    instance._is_renamed = known not in ([], [getattr(instance, name)])  # type: ignore[attr-defined]


def _author_saved(sender: type[Model], instance: User | Profile, created: bool, raw: bool = False, **kwargs: object) -> None:
    is_renamed = instance._is_renamed  # type: ignore[union-attr]
    if not is_renamed and (sender is User or created or raw):
        return
    user_id = instance.pk if isinstance(instance, User) else instance.user_id
    posts, scope = Post.objects.filter(author=user_id), f"author:{user_id}"
    commented = Comment.objects.filter(author=user_id).order_by().values_list("post_id", flat=True).distinct()
    with change() as changing:
        changing.touch(*(f"post:{pk}" for pk in commented))
        shown = _invalidate(posts, scope)
        if is_renamed:
            _say(sender, shown, scope)


def _label_saved(
    sender: type[Category | Tag], instance: Category | Tag, created: bool, raw: bool = False, **kwargs: object
) -> None:
    if created or raw:
        return
    scope = _scope_of(instance)
    with change():
        shown = _invalidate(instance.posts.all(), scope)
        _say(sender, shown if instance._is_renamed else [], scope)  # type: ignore[union-attr]


def _label_goes(sender: type[Category | Tag], instance: Category | Tag, **kwargs: object) -> None:
    lock(instance.posts.all())
    with change():
        _say(sender, _invalidate(instance.posts.all(), _scope_of(instance)), _scope_of(instance))


def _tags_changed(sender: type[Model], instance: Post | Tag, action: str, pk_set: set[int] | None, **kwargs: object) -> None:
    if isinstance(instance, Post) and instance.is_public and action in {"post_add", "post_remove", "pre_clear"}:
        tags = instance.tags.values_list("pk", flat=True) if pk_set is None else pk_set
        with change() as changing:
            changing.touch("site", f"post:{instance.pk}", *(f"tag:{pk}" for pk in tags))


def _invalidate(posts: QuerySet[Post], scope: str) -> list[int]:
    """Let the pages that show the name be built again. Return the public posts among these."""
    shown = list(posts.filter(status=Status.PUBLISHED).order_by("pk").values_list("pk", flat=True))
    with change() as changing:
        changing.touch("site", scope, *(f"post:{pk}" for pk in shown))
    return shown


def _say(sender: type[Model], shown: list[int], scope: str) -> None:
    """Send posts_relabelled for the posts that show the name, a part at a time; without any, for the scope alone."""
    with gather():
        for part, start in enumerate(range(0, max(len(shown), 1), PART)):
            posts_relabelled.send(sender=sender, post_ids=shown[start : start + PART], scope=scope, part=part)


def _scope_of(label: Category | Tag) -> str:
    return f"{label._meta.model_name}:{label.pk}"
