"""What readers answer: the form, the posting, the thread."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from app.accounts.rate_limit import may_send, may_try, refused, too_many
from app.blog.commenting import rules_of
from app.blog.errors import Refused
from app.blog.models import Comment, Post
from app.mail.forms import AddressField
from app.site import limits
from app.web.conditional_get import ReaderRequest, private

OF_A_MEMBER = 20  # comments a minute


class Words(forms.CharField):
    """A text whose line breaks count as one character each: a form sends two."""

    def to_python(self, value: Any) -> str:
        return (super().to_python(value) or "").replace("\r\n", "\n")


class CommentForm(forms.Form):
    """A signed-in reader's words; a guest adds a name and an address. Only machines fill in the website."""

    guest_name = forms.CharField(label=gettext_lazy("Name"), max_length=limits.NAME, validators=[limits.validate_visible])
    guest_email = AddressField(
        label=gettext_lazy("Email address"), autocomplete="email", help_text=gettext_lazy("Never shown.")
    )
    content = Words(
        label=gettext_lazy("Comment"),
        max_length=limits.COMMENT,
        validators=[limits.validate_visible],
        widget=forms.Textarea(attrs={"rows": 5, "dir": "auto"}),
    )
    parent = forms.ModelChoiceField(Comment.objects.none(), required=False, widget=forms.HiddenInput)
    website = forms.CharField(required=False, widget=forms.TextInput(attrs={"autocomplete": "off", "tabindex": "-1"}))

    def __init__(self, data: Any = None, *, post: Post, user: Any, parent: Comment | None = None) -> None:
        place = f"answer_{parent.pk}" if parent else "comment"
        super().__init__(data, auto_id=f"{place}_%s", initial={"parent": parent})
        self.answered, self.place = parent, place
        field: Any = self.fields["parent"]
        field.queryset = post.comments.approved()
        if user.is_authenticated:
            del self.fields["guest_name"], self.fields["guest_email"], self.fields["website"]

    def words(self) -> dict[str, Any]:
        """Return what was said, as `Post.comment` takes it."""
        said = dict(self.cleaned_data)
        trapped = bool(said.pop("website", ""))
        return {**said, "suspect": trapped}


@require_http_methods(["GET", "HEAD", "POST"])
def post_comment(request: ReaderRequest, slug: str) -> HttpResponse:
    """Give the form, which a guest's page fetches when it is wanted; POST says it."""
    post = get_object_or_404(Post.objects.public(), slug=slug)
    rules, author = rules_of(post), request.user if request.user.is_authenticated else None
    if request.method != "POST" and not (rules.is_open if author else rules.takes_guests):
        return redirect(post)
    form = CommentForm(request.POST or None, post=post, user=request.user, parent=_answered(request, post))
    wanted = request.method == "POST" and form.is_valid() and _may_say(request, form)
    comment = _said(request, post, form) if wanted else None
    if comment is None:
        return _answer(request, "web/comment_form.html", {"post": post, "form": form, "rules": rules})
    post.refresh_from_db(fields=["comment_count"])
    return _answer(
        request, "web/comment_done.html", {"post": post, "comment": comment, "place": form.place, "may_comment": True}
    )


def _may_say(request: ReaderRequest, form: CommentForm) -> bool:
    """Count the comment: of a sender, and of a member as by the API."""
    if not may_send(form, request, "comments"):
        return False
    if request.user.is_authenticated and not may_try("comments", str(request.user.pk), per_minute=OF_A_MEMBER):
        form.add_error(None, too_many())
        return False
    return True


def _said(request: ReaderRequest, post: Post, form: CommentForm) -> Comment | None:
    """Take down what was said, or note on the form why not."""
    try:
        return post.comment(author=request.user if request.user.is_authenticated else None, **form.words())
    except ValidationError as error:
        form.add_error(None, error.messages)
    except Refused as refusal:
        form.add_error(None, str(refusal))
    return None


def _answered(request: ReaderRequest, post: Post) -> Comment | None:
    """Return the comment that the reader wants to answer."""
    asked = (request.POST if request.method == "POST" else request.GET).get("parent", "")
    if not (asked.isascii() and asked.isdecimal() and len(asked) < 19):
        return None
    return post.comments.thread().filter(pk=asked).first()


def thread(post: Post) -> list[Comment]:
    """Return the visible comments that answer nothing, oldest first, each with all that follows from it as `answers`."""
    roots: dict[int, Comment] = {}
    for comment in Comment.objects.thread().filter(post=post):
        comment.answers = []  # type: ignore[attr-defined]
        roots[comment.pk] = roots.get(comment.parent_id or 0, comment)
        if roots[comment.pk] is not comment:
            roots[comment.pk].answers.append(comment)  # type: ignore[attr-defined]
    return [comment for pk, comment in roots.items() if comment.pk == pk]


def _answer(request: ReaderRequest, fragment: str, about: dict[str, Any]) -> HttpResponse:
    form = about.get("form")
    response = render(request, fragment if request.htmx else "web/comment_page.html", about)
    return private(refused(response, form) if form and form.errors else response)
