"""The forms of writers. Everything typed is shown again until it is accepted."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from app.accounts.models import User
from app.blog import languages
from app.blog.models import Category, Media, Post, WorkingCopy
from app.blog.text import CONTENT_LIMIT, one_line
from app.site import limits

if TYPE_CHECKING:
    from app.studio.conflict import Conflict

CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


class PlainText(forms.CharField):
    """Text in which a control character is an error, not silently removed."""

    def to_python(self, value: Any) -> str:
        return (super().to_python(value) or "").replace("\r\n", "\n")

    def validate(self, value: str) -> None:
        super().validate(value)
        if found := CONTROL.search(value):
            line = value.count("\n", 0, found.start()) + 1
            raise ValidationError(
                _("Line %(line)d contains a control character (U+%(code)04X). Remove it.")
                % {"line": line, "code": ord(found.group())}
            )


class CategoryField(forms.CharField):
    """A category by its name or slug."""

    def clean(self, value: Any) -> Category | None:
        name = one_line(super().clean(value))
        if not name:
            return None
        found = Category.objects.filter(name__iexact=name).first() or Category.objects.filter(slug=name).first()
        if found is None:
            raise ValidationError(_("Unknown category “%(name)s”. Choose one from the list.") % {"name": name})
        return found


class CoverField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """A picture of the library. One that was deleted while the form was open is left out: the text must not wait for it."""

    def to_python(self, value: Any) -> Media | None:
        try:
            found: Media | None = super().to_python(value)
        except ValidationError:
            if str(value).isdecimal() and Media.objects.deleted().filter(pk=str(value)[:18]).exists():
                return None
            raise
        return found


class TagsField(forms.CharField):
    """Names with commas between them, one that holds a comma in quotes; what is new is made when the post is saved."""

    def clean(self, value: Any) -> list[str]:
        names = list({one_line(name).lower(): one_line(name) for name in names_in(super().clean(value))}.values())
        names = [name for name in names if name]
        if len(names) > limits.TAGS:
            raise ValidationError(
                _("Use at most %(limit)d tags; you entered %(number)d.") % {"limit": limits.TAGS, "number": len(names)}
            )
        if long := next((name for name in names if len(name) > limits.NAME), None):
            sentence = _("The tag “%(tag)s…” is longer than %(limit)d characters.")
            raise ValidationError(sentence % {"tag": long[:30], "limit": limits.NAME})
        for name in names:
            limits.validate_visible(name)
        return names


def names_in(line: str) -> list[str]:
    """Return the names in a line. A quote that is not closed is one of the name, as in 5" disks."""
    line = " ".join(line.split())
    return next(csv.reader([line], skipinitialspace=True), []) if line.count('"') % 2 == 0 else line.split(",")


def line_of(names: Iterable[str]) -> str:
    """Return names as the line in which they are typed."""
    quoted = ('"{}"'.format(name.replace('"', '""')) if set(name) & {",", '"'} else name for name in names)
    return ", ".join(quoted)


class PostForm(forms.Form):
    """A post's text and where it is filed."""

    title = PlainText(
        label=gettext_lazy("Title"),
        max_length=limits.TITLE,
        widget=forms.Textarea(
            attrs={"placeholder": gettext_lazy("Title"), "autocomplete": "off", "dir": "auto", "rows": 1, "cols": False}
        ),
    )
    content = PlainText(
        label=gettext_lazy("Text"),
        required=False,
        strip=False,
        help_text=gettext_lazy("Markdown."),
        widget=forms.Textarea(attrs={"spellcheck": "true", "dir": "auto"}),
    )
    slug = forms.SlugField(
        allow_unicode=True,
        label=gettext_lazy("Web address"),
        required=False,
        max_length=limits.SLUG,
        help_text=gettext_lazy("Made from the title if empty. Old addresses redirect here."),
    )
    excerpt = PlainText(
        label=gettext_lazy("Excerpt"),
        required=False,
        max_length=limits.EXCERPT,
        widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"}),
        help_text=gettext_lazy("Shown under the title, in lists, feeds and email."),
    )
    category = CategoryField(
        label=gettext_lazy("Category"),
        required=False,
        widget=forms.TextInput(attrs={"list": "categories", "autocomplete": "off"}),
    )
    tags = TagsField(label=gettext_lazy("Tags"), required=False, help_text=gettext_lazy("Separate tags with commas."))
    language = PlainText(
        label=gettext_lazy("Language"),
        required=False,
        max_length=languages.LIMIT,
        help_text=gettext_lazy("A code such as en, de or pt-BR. Empty: the language of the site."),
        widget=forms.TextInput(attrs={"list": "languages", "autocomplete": "off"}),
    )
    cover = CoverField(Media.objects.none(), label=gettext_lazy("Cover"), required=False, empty_label=gettext_lazy("No cover"))
    upload = forms.FileField(
        label=gettext_lazy("New cover"),
        required=False,
        help_text=gettext_lazy("JPEG, PNG, GIF, WebP or HEIC."),
        widget=forms.ClearableFileInput(attrs={"accept": "image/*"}),
    )
    revision = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(
        self, *args: Any, user: User, post: Post | None = None, copy: WorkingCopy | None = None, **kwargs: Any
    ) -> None:
        typed = {**copy.fields, "revision": copy.revision} if copy else {}
        kwargs["initial"] = {**(initial(post) if post else {}), **typed}
        super().__init__(*args, **kwargs)
        self.post, self.copy = post, copy
        self.conflict: Conflict | None = None
        present = Media.objects.filter(covers=post) if post else Media.objects.none()
        choice: Any = self.fields["cover"]
        choice.queryset = (Media.objects.uploaded_by(user) | present).kept().order_by("-pk")
        choice.label_from_instance = lambda media: media.alt or str(media)

    def clean_content(self) -> str:
        content: str = self.cleaned_data["content"]
        size = len(content.encode())
        if size > CONTENT_LIMIT:
            raise ValidationError(
                _("The text has %(size)s bytes; at most %(limit)s are accepted.")
                % {"size": f"{size:,}", "limit": f"{CONTENT_LIMIT:,}"}
            )
        return content

    def clean_slug(self) -> str:
        slug: str = self.cleaned_data["slug"]
        if slug and Post.objects.filter(slug=slug).exclude(pk=self.post.pk if self.post else 0).exists():
            raise ValidationError(_("Another post has the address “%(slug)s”.") % {"slug": slug})
        return slug

    def choose_cover(self, picture: Media) -> None:
        """Show this picture as the chosen cover of a form that is shown again."""
        self.data = {**dict(self.data.items()), "cover": str(picture.pk)}

    def overtaken(self, name: str) -> None:
        """Report that someone else saved first: nothing is written before one of the texts is chosen."""
        text = _("%(name)s saved this post while you were editing it. Your text is not lost: choose below which one to keep.")
        self.add_error(None, text % {"name": name})


def initial(post: Post) -> dict[str, Any]:
    """Return what the form of this post shows at first."""
    return {
        "title": post.title,
        "slug": post.slug,
        "content": post.content,
        "excerpt": post.excerpt,
        "category": post.category.name if post.category else "",
        "tags": line_of(post.tags.order_by("name").values_list("name", flat=True)),
        "language": post.language,
        "cover": post.cover_id,
        "revision": post.revision,
    }


class ScheduleForm(forms.Form):
    publish_at = forms.DateTimeField()


class SeveralFiles(forms.ClearableFileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """One file or several."""

    widget = SeveralFiles

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        files = data if isinstance(data, list | tuple) and data else [data]
        return [super(FilesField, self).clean(each, initial) for each in files]


class MediaForm(forms.Form):
    file = FilesField(
        label=gettext_lazy("Images"),
        help_text=gettext_lazy("JPEG, PNG, GIF, WebP or HEIC, each at most 20 MB."),
        widget=SeveralFiles(attrs={"accept": "image/*,.heic,.heif"}),
    )
    alt = PlainText(
        label=gettext_lazy("Description"),
        max_length=500,
        required=False,
        help_text=gettext_lazy("For readers who cannot see the image."),
    )


class PictureForm(forms.Form):
    """What the library says of a picture."""

    alt = PlainText(
        label=gettext_lazy("Description"),
        max_length=Media.ALT,
        required=False,
        help_text=gettext_lazy("For readers who cannot see the image. Used wherever a text gives none of its own."),
    )
    caption = PlainText(
        label=gettext_lazy("Caption"),
        max_length=Media.CAPTION,
        required=False,
        help_text=gettext_lazy("Shown below the image in posts and emails, where the image is a paragraph of its own."),
    )
