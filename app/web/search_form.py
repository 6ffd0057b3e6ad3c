"""What a reader may narrow a search to."""

from __future__ import annotations

from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy

from app.accounts.models import User
from app.blog.models import Tag
from app.pagecache.pages import cached
from app.search.filters import BadFilter, Filters
from app.web.plain_select import PlainSelect

MOST = 300
"""Authors and tags in the form; an address may name others."""
LABELS = {
    "author": gettext_lazy("Author"),
    "tag": gettext_lazy("Tag"),
    "since": gettext_lazy("Published from"),
    "until": gettext_lazy("Published until"),
}
BAD_DAY = gettext_lazy("Not a valid date. Write it as 2026-11-27.")


class SearchForm(forms.Form):
    """The filters of the search page, as its address has them."""

    author = forms.CharField(label=LABELS["author"], required=False, max_length=150, widget=PlainSelect)
    tag = forms.CharField(label=LABELS["tag"], required=False, max_length=110, widget=PlainSelect)
    since = forms.DateField(
        label=LABELS["since"], required=False, input_formats=["%Y-%m-%d"], error_messages={"invalid": BAD_DAY},
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
    )  # fmt: skip
    until = forms.DateField(
        label=LABELS["until"], required=False, input_formats=["%Y-%m-%d"], error_messages={"invalid": BAD_DAY},
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
    )  # fmt: skip

    def __init__(self, given: QueryDict) -> None:
        super().__init__(given)
        self.choices = cached("recent_posts", "site", "search_filters", _choices)
        for name, empty in (("author", gettext_lazy("All authors")), ("tag", gettext_lazy("All tags"))):
            known, chosen = self.choices[name], given.get(name, "")[:150]
            others = [] if not chosen or chosen in dict(known) else [(chosen, chosen)]
            self.fields[name].widget.choices = [("", empty), *known, *others]

    def clean(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        try:
            _ = self.filters.lexemes
            self.filters.dates()
        except BadFilter as error:
            self.add_error(error.name, str(error))
        return cleaned

    @cached_property
    def filters(self) -> Filters:
        """Return what is chosen."""
        return Filters(**{name: value for name, value in self.cleaned_data.items() if value})

    @property
    def query(self) -> str:
        return urlencode({name: str(value) for name, value in self.cleaned_data.items() if value})


def _choices() -> dict[str, list[tuple[str, str]]]:
    authors = User.objects.shown().filter(profile__published_post_count__gt=0).select_related("profile").order_by("username")
    return {
        "author": [(author.username, author.profile.name) for author in authors[:MOST]],
        "tag": list(Tag.objects.order_by("name").values_list("slug", "name")[:MOST]),
    }
