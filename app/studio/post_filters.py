"""Which posts the list shows: by author, by who works on them, whether they wait for review or have troubles."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy

from app.accounts.models import User
from app.blog.models.post_queryset import PostQuerySet
from app.studio.troubles import troubled
from app.team.models import waiting

NO_ONE = "none"


class PostFilterForm(forms.Form):
    """A filter of the list. What cannot be read filters nothing."""

    author = forms.ModelChoiceField(
        User.objects.none(), label=gettext_lazy("Author"), required=False, empty_label=gettext_lazy("All authors")
    )
    assignee = forms.ChoiceField(label=gettext_lazy("Assigned to"), required=False)
    review = forms.ChoiceField(
        label=gettext_lazy("Review"),
        required=False,
        choices=[("", gettext_lazy("Any")), ("waiting", gettext_lazy("Waits for review"))],
    )
    troubles = forms.ChoiceField(
        label=gettext_lazy("Effects, emails and shares"),
        required=False,
        choices=[("", gettext_lazy("Any")), ("with", gettext_lazy("With troubles"))],
    )

    def __init__(self, given: QueryDict, user: User) -> None:
        super().__init__(given)
        authors, assignee = self.fields["author"], self.fields["assignee"]
        if user.edits_everything:
            # Only those who have posts: thousands of readers are no authors.
            authors.queryset = User.objects.filter(profile__post_count__gt=0).select_related("profile").order_by("username")  # type: ignore[attr-defined]
            authors.label_from_instance = lambda author: author.profile.name  # type: ignore[attr-defined]
            assignee.choices = [("", gettext_lazy("Anyone")), (NO_ONE, gettext_lazy("No one")), *_assignees()]  # type: ignore[attr-defined]
        else:
            del self.fields["author"], self.fields["assignee"]
        self.is_valid()

    @property
    def given(self) -> dict[str, str]:
        """Return what filters, as the page's address has it."""
        return {name: str(getattr(value, "pk", value)) for name, value in self.cleaned_data.items() if value}

    @property
    def query(self) -> str:
        return urlencode(self.given)

    def of(self, posts: PostQuerySet) -> PostQuerySet:
        """Return those of the posts that the filter leaves."""
        chosen: dict[str, Any] = self.cleaned_data
        if chosen.get("author"):
            posts = posts.filter(author=chosen["author"])
        if chosen.get("assignee") == NO_ONE:
            posts = posts.filter(review__assignee=None)
        elif chosen.get("assignee"):
            posts = posts.filter(review__assignee=chosen["assignee"])
        if chosen.get("troubles"):
            posts = posts.filter(pk__in=troubled())
        return waiting(posts) if chosen.get("review") else posts


def _assignees() -> list[tuple[str, str]]:
    people = User.objects.filter(assigned__isnull=False).select_related("profile").distinct().order_by("username")
    return [(str(person.pk), person.profile.name) for person in people]
