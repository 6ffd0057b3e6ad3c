"""Pages that are not news: list, editor, deletion."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from app.blog import languages, navigation
from app.blog.errors import ContentTooLong
from app.blog.models import Page
from app.studio.access import WriterRequest, site_keepers


class PageForm(forms.ModelForm):  # type: ignore[type-arg]
    in_navigation = forms.BooleanField(label=gettext_lazy("Link to it in the head of every page"), required=False)
    in_footer = forms.BooleanField(label=gettext_lazy("Link to it at the foot of every page"), required=False)

    class Meta:
        model = Page
        fields = ("title", "content", "slug", "description", "language", "is_public", "is_indexed")
        widgets: ClassVar = {
            "content": forms.Textarea(attrs={"rows": 18, "spellcheck": "true", "dir": "auto"}),
            "language": forms.TextInput(attrs={"list": "languages", "autocomplete": "off"}),
        }

    def _post_clean(self) -> None:
        """Leave the checks to the page itself, which tidies first: the address may be made of the title."""
        for name, value in self.cleaned_data.items():
            if name in self.Meta.fields:
                setattr(self.instance, name, value)


@require_safe
@site_keepers
def pages(request: WriterRequest) -> HttpResponse:
    return render(request, "studio/site_pages.html", {"pages": Page.objects.order_by("title", "pk")})


@require_http_methods(["GET", "POST"])
@site_keepers
def new(request: WriterRequest) -> HttpResponse:
    return _edited(request, Page())


@require_http_methods(["GET", "POST"])
@site_keepers
def edit(request: WriterRequest, pk: int) -> HttpResponse:
    return _edited(request, get_object_or_404(Page, pk=pk))


@require_POST
@site_keepers
def deletion(request: WriterRequest, pk: int) -> HttpResponse:
    page = get_object_or_404(Page, pk=pk)
    with transaction.atomic():
        navigation.unlink(page.get_absolute_url())
        page.delete()
    messages.success(request, _("Deleted."))
    return redirect("studio:site_pages")


def _edited(request: WriterRequest, page: Page) -> HttpResponse:
    stored = page.get_absolute_url() if page.pk else ""
    places = dict(zip(("in_navigation", "in_footer"), navigation.places(stored), strict=True))
    form = PageForm(request.POST or None, instance=page, initial=places)
    if request.method == "POST" and form.is_valid() and _kept(request, form, stored):
        messages.success(request, _("Saved."))
        return redirect("studio:site_page", page.pk)
    about: dict[str, Any] = {"form": form, "page_edited": page, "languages": languages.suggestions()}
    return render(request, "studio/site_page.html", about, status=422 if form.errors else 200)


def _kept(request: WriterRequest, form: PageForm, stored: str) -> bool:
    """Store the page and its links, all of it or nothing; or note on the form why not."""
    page = form.instance
    page.changed_by = request.user
    try:
        with transaction.atomic():
            page.save()
            wanted = form.cleaned_data if page.is_public else {"in_navigation": False, "in_footer": False}
            navigation.link(page, before=stored, head=wanted["in_navigation"], foot=wanted["in_footer"])
    except ContentTooLong as error:
        form.add_error("content", str(error))
    except ValidationError as error:
        for name, texts in error.message_dict.items():
            form.add_error(name if name in form.fields else None, ValidationError(texts))
    return not form.errors
