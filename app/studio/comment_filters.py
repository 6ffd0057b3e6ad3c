"""Which comments the list shows: by status, by post, by words of the text or of the author's name."""

from __future__ import annotations

from urllib.parse import urlencode, urlsplit

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy

from app.blog.models import Comment, CommentStatus, Post
from app.blog.models.comment import CommentQuerySet
from app.studio.access import WriterRequest

WORDS = 100


class CommentFilterForm(forms.Form):
    """A filter of the list. What cannot be read filters nothing."""

    status = forms.ChoiceField(choices=CommentStatus.choices, required=False)
    q = forms.CharField(label=gettext_lazy("Search text and names"), max_length=WORDS, required=False)
    post = forms.IntegerField(min_value=1, max_value=2**63 - 1, required=False)

    def __init__(self, given: QueryDict) -> None:
        super().__init__(given)
        self.is_valid()

    @property
    def status_shown(self) -> str:
        return str(self.cleaned_data.get("status") or CommentStatus.HELD)

    @property
    def words(self) -> str:
        return str(self.cleaned_data.get("q") or "")

    @property
    def post_id(self) -> int | None:
        return self.cleaned_data.get("post")

    @property
    def narrowing(self) -> str:
        """The filters besides the status, as the page's address has them."""
        return urlencode({name: value for name, value in (("q", self.words), ("post", self.post_id)) if value})

    @property
    def query(self) -> str:
        """All that is filtered by, as the page's address has it."""
        return "&".join(part for part in (urlencode({"status": self.status_shown}), self.narrowing) if part)

    def of(self, comments: CommentQuerySet) -> CommentQuerySet:
        """Return those of the comments that words and post leave, of every status."""
        found = comments.saying(self.words) if self.words else comments
        return found.filter(post_id=self.post_id) if self.post_id else found

    def post_in(self, comments: CommentQuerySet) -> Post | None:
        """Return the post that is filtered by, where the user may judge its comments."""
        if not self.post_id:
            return None
        return Post.objects.filter(pk=self.post_id, comments__in=comments).distinct().first()


def filter_of(request: WriterRequest) -> CommentFilterForm:
    """Return the filter of the page that a form or htmx was sent from."""
    query = urlsplit(request.htmx.current_url or "").query if request.htmx else str(request.POST.get("back", ""))
    return CommentFilterForm(QueryDict(query))


def mine(request: WriterRequest) -> CommentQuerySet:
    return Comment.objects.moderated_by(request.user)
