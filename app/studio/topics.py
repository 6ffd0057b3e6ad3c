"""Categories and tags: made, renamed, merged and deleted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from app.accounts.rate_limit import refused
from app.blog.errors import Refused
from app.site import limits
from app.studio.access import WriterRequest, topic_keepers
from app.studio.forms import PlainText
from app.team import topics
from app.team.errors import NameTaken, SlugTaken

PAGE = 50
DESCRIPTION = 1000
TITLES = {"category": gettext_lazy("Categories"), "tag": gettext_lazy("Tags")}


class TopicForm(forms.Form):
    name = PlainText(label=gettext_lazy("Name"), max_length=limits.NAME, validators=[limits.validate_visible])
    slug = forms.SlugField(
        allow_unicode=True,
        label=gettext_lazy("Web address"),
        max_length=110,
        required=False,
        help_text=gettext_lazy("Made from the name if empty. Old addresses redirect here."),
    )
    description = PlainText(
        label=gettext_lazy("Description"),
        max_length=DESCRIPTION,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("Shown on its page."),
    )

    def __init__(self, kind: topics.Kind, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if kind == "tag":
            del self.fields["description"]

    def save(self, verb: Callable[..., Any]) -> bool:
        """Call the verb with what was typed, or note on the form why not."""
        try:
            verb(**self.cleaned_data)
        except (NameTaken, SlugTaken) as error:
            self.add_error("slug" if isinstance(error, SlugTaken) else "name", str(error))
        return self.is_valid()


@require_http_methods(["GET", "POST"])
@topic_keepers
def topic_list(request: WriterRequest) -> HttpResponse:
    """List the categories, or the tags, with their number of posts; POST makes one."""
    kind = _kind(request.GET.get("kind", "category"))
    words = request.GET.get("q", "").replace("\x00", "").strip()[:100]
    form = TopicForm(kind, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid() and form.save(lambda **typed: topics.create(kind, **typed)):
        messages.success(request, _("“%(name)s” is there to be used.") % {"name": form.cleaned_data["name"]})
        return redirect(_page(kind))
    page, going = Paginator(topics.rows(kind, words), PAGE).get_page(request.GET.get("page")), topics.merges(kind)
    about = {
        "kind": kind,
        "title": TITLES[kind],
        "kinds": [(each, title, each == kind) for each, title in TITLES.items()],
        "page": page,
        "topics": [(topic, going.get(topic.slug)) for topic in page],
        "q": words,
        "form": form,
    }
    response = render(request, "studio/topics.html", about)
    return refused(response, form) if form.errors else response


@require_http_methods(["GET", "POST"])
@topic_keepers
def topic(request: WriterRequest, kind: topics.Kind, pk: int) -> HttpResponse:
    """Show one, with what can be done to it; POST changes its name, address or description."""
    found = _topic(kind, pk)
    typed = request.POST if request.method == "POST" else None
    known = {"name": found.name, "slug": found.slug, "description": getattr(found, "description", "")}
    form = TopicForm(kind, typed, initial=known)
    if typed is not None and form.is_valid() and form.save(lambda **words: topics.revise(_topic(kind, pk), **words)):
        messages.success(request, _("Saved."))
        return redirect(_page(kind))
    number = found.posts.count()
    others = topics.rows(kind).exclude(pk=pk).exclude(slug__in=topics.merges(kind))
    about = {"kind": kind, "title": TITLES[kind], "topic": found, "form": form, "number": number, "others": others}
    response = render(request, "studio/topic.html", about)
    return refused(response, form) if form.errors else response


@require_POST
@topic_keepers
def merge(request: WriterRequest, kind: topics.Kind, pk: int) -> HttpResponse:
    """File all posts of one under another; then it goes."""
    found, wanted = _topic(kind, pk), request.POST.get("into", "")
    into = _topic(kind, int(wanted) if wanted.isdecimal() and len(wanted) < 19 else 0)
    try:
        topics.merge(found, into)
        text = _("“%(name)s” is being merged into “%(into)s”. Its old address will lead there.")
        messages.success(request, text % {"name": found.name, "into": into.name})
    except Refused as error:
        messages.error(request, str(error))
    return redirect(_page(kind))


@require_POST
@topic_keepers
def deletion(request: WriterRequest, kind: topics.Kind, pk: int) -> HttpResponse:
    """Delete one. Its posts stay."""
    found = _topic(kind, pk)
    name = found.name
    topics.delete(found)
    messages.success(request, _("“%(name)s” is deleted. Its posts stay.") % {"name": name})
    return redirect(_page(kind))


def _kind(given: str) -> topics.Kind:
    try:
        return topics.known(given)
    except StopIteration:
        raise Http404 from None


def _topic(kind: topics.Kind, pk: int) -> topics.Topic:
    found: topics.Topic = get_object_or_404(topics.MODELS[_kind(kind)], pk=pk)  # type: ignore[assignment]
    return found


def _page(kind: topics.Kind) -> str:
    return f"{reverse('studio:topics')}?kind={kind}"
