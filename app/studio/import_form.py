"""The form that takes an upload to import."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from app.accounts.models import User
from app.importer.source import CannotRead
from app.importer.unpack import READABLE, check_name


class ImportForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy(
            "A ZIP of the site's folder (Jekyll, Hugo, Eleventy, Hexo, Zola, Docusaurus), a WordPress export (.xml), a Ghost "
            "export (.json), or a file of Markdown or HTML. Put the pictures into the ZIP, beside the export."
        ),
        widget=forms.ClearableFileInput(attrs={"accept": ",".join(sorted(READABLE))}),
    )
    publish = forms.BooleanField(
        label=gettext_lazy("Publish what was public there, with its date; otherwise everything becomes a draft"), required=False
    )
    author = forms.ModelChoiceField(
        User.objects.none(),
        label=gettext_lazy("Author of posts that name none"),
        required=False,
        empty_label=gettext_lazy("The site itself"),
    )
    site = forms.URLField(
        label=gettext_lazy("Address of the old site"),
        required=False,
        max_length=500,
        assume_scheme="https",
        help_text=gettext_lazy(
            "Links to pages that stay there lead there, and a later upload of the same site updates its posts."
        ),
    )
    overwrite = forms.BooleanField(
        label=gettext_lazy("Replace posts of an earlier import also where they were edited here"), required=False
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        writers: Any = self.fields["author"]
        writers.queryset = User.objects.writers().order_by("username")

    def clean_file(self) -> File[bytes]:
        file: File[bytes] = self.cleaned_data["file"]
        limit = settings.IMPORT_MAX_BYTES
        if (file.size or 0) > limit:
            text = _("The file has %(size)s MB; at most %(limit)s MB are accepted.")
            raise ValidationError(text % {"size": f"{-(-(file.size or 0) // 2**20):,}", "limit": f"{limit // 2**20:,}"})
        try:
            check_name(file.name or "")
        except CannotRead as error:
            raise ValidationError(str(error)) from error
        return file
