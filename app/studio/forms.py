"""What writers fill in. Everything typed is shown again until it is accepted."""

from __future__ import annotations

import re
from datetime import UTC
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from app.accounts.models import User
from app.blog.models import Category, Media, Post
from app.blog.text import CONTENT_LIMIT, TITLE_LIMIT, one_line

CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
TAG_LIMIT = 30


class PlainText(forms.CharField):
    """Text whose control characters are named, not silently lost."""

    def to_python(self, value: Any) -> str:
        return (super().to_python(value) or "").replace("\r\n", "\n")

    def validate(self, value: str) -> None:
        super().validate(value)
        if found := CONTROL.search(value):
            line = value.count("\n", 0, found.start()) + 1
            raise ValidationError(f"Line {line} holds a control character (U+{ord(found.group()):04X}). Please remove it.")


class CategoryField(forms.CharField):
    """A category by its name or slug."""

    def clean(self, value: Any) -> Category | None:
        name = one_line(super().clean(value))
        if not name:
            return None
        found = Category.objects.filter(name__iexact=name).first() or Category.objects.filter(slug=name).first()
        if found is None:
            raise ValidationError(f"There is no category “{name}”. Choose one of the list.")
        return found


class TagsField(forms.CharField):
    """Names with commas between them; what is new is made when the post is saved."""

    def clean(self, value: Any) -> list[str]:
        names = list({one_line(name).lower(): one_line(name) for name in super().clean(value).split(",")}.values())
        names = [name for name in names if name]
        if len(names) > TAG_LIMIT:
            raise ValidationError(f"{len(names)} tags; at most {TAG_LIMIT} are accepted.")
        if long := next((name for name in names if len(name) > 100), None):
            raise ValidationError(f"The tag “{long[:30]}…” is longer than 100 characters.")
        return names


class PostForm(forms.Form):
    """A post's text and where it is filed."""

    title = PlainText(max_length=TITLE_LIMIT, widget=forms.TextInput(attrs={"placeholder": "Title", "autocomplete": "off"}))
    content = PlainText(
        label="Text", required=False, strip=False, help_text="Markdown.", widget=forms.Textarea(attrs={"spellcheck": "true"})
    )
    slug = forms.SlugField(
        label="Web address",
        required=False,
        max_length=220,
        help_text="Made from the title when empty. An old address goes on leading here.",
    )
    excerpt = PlainText(
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Stands under the title, in lists, feeds and mail.",
    )
    category = CategoryField(required=False, widget=forms.TextInput(attrs={"list": "categories", "autocomplete": "off"}))
    tags = TagsField(required=False, help_text="Commas between them.")
    cover = forms.ModelChoiceField(Media.objects.none(), required=False, empty_label="No cover")
    upload = forms.FileField(
        label="New cover",
        required=False,
        help_text="JPEG, PNG, GIF or WebP.",
        widget=forms.ClearableFileInput(attrs={"accept": "image/*"}),
    )
    publish_at = forms.DateTimeField(
        label="When (UTC)",
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    revision = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, user: User, post: Post | None = None, **kwargs: Any) -> None:
        kwargs["initial"] = initial(post) if post else None
        super().__init__(*args, **kwargs)
        self.post = post
        kept = Media.objects.filter(pk=post.cover_id) if post and post.cover_id else Media.objects.none()
        choice: Any = self.fields["cover"]
        choice.queryset = (Media.objects.filter(owner=user) | kept).order_by("-pk")
        choice.label_from_instance = lambda media: media.alt or str(media)

    def clean_content(self) -> str:
        content: str = self.cleaned_data["content"]
        size = len(content.encode())
        if size > CONTENT_LIMIT:
            raise ValidationError(f"The text has {size:,} bytes; at most {CONTENT_LIMIT:,} are accepted.")
        return content

    def clean_slug(self) -> str:
        slug: str = self.cleaned_data["slug"]
        if slug and Post.objects.filter(slug=slug).exclude(pk=self.post.pk if self.post else 0).exists():
            raise ValidationError(f"Another post has the address “{slug}”.")
        return slug

    def overtaken(self, by: int) -> None:
        """Say that somebody else saved first; to save again then replaces what they wrote."""
        self.data = {**self.data.dict(), "revision": str(by)}  # type: ignore[attr-defined]
        self.add_error(
            None, "Somebody saved this post while it was open here. Your text is kept below; saving again replaces theirs."
        )


def initial(post: Post) -> dict[str, Any]:
    """Return what the form of this post shows at first."""
    return {
        "title": post.title,
        "slug": post.slug,
        "content": post.content,
        "excerpt": post.excerpt,
        "category": post.category.name if post.category else "",
        "tags": ", ".join(post.tags.order_by("name").values_list("name", flat=True)),
        "cover": post.cover_id,
        "publish_at": post.publish_at.astimezone(UTC) if post.publish_at else None,
        "revision": post.revision,
    }


class ScheduleForm(forms.Form):
    publish_at = forms.DateTimeField()


class MediaForm(forms.Form):
    file = forms.FileField(
        label="Image",
        help_text="JPEG, PNG, GIF or WebP, at most 20 MB.",
        widget=forms.ClearableFileInput(attrs={"accept": "image/*"}),
    )
    alt = PlainText(label="What it shows", max_length=500, required=False, help_text="For readers who do not see it.")
