"""What is said about a post beside its text: to search engines, networks and lists; who wrote it too; who may comment."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from app.accounts.models import User
from app.blog.errors import NotStored, Refused
from app.blog.models import Media, Post, PostOptions
from app.site.current import site
from app.site.models import Comments
from app.studio.access import WriterRequest, editable_post, writers


class OptionsForm(forms.ModelForm):  # type: ignore[type-arg]
    image_file = forms.FileField(
        label=gettext_lazy("Picture for previews of links"),
        required=False,
        help_text=gettext_lazy("JPEG, PNG, GIF, WebP or HEIC. Empty: the cover, or a card with the title."),
    )
    image_removed = forms.BooleanField(label=gettext_lazy("Remove the picture for previews"), required=False)
    published_at = forms.DateTimeField(
        label=gettext_lazy("Published"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M:%S"),
    )

    class Meta:
        model = PostOptions
        fields = (
            "canonical_url", "meta_title", "meta_description", "is_indexed", "is_featured", "comments", "authors",
        )  # fmt: skip
        widgets: ClassVar = {
            "meta_description": forms.Textarea(attrs={"rows": 3}),
            "authors": forms.CheckboxSelectMultiple,
        }

    def __init__(self, *args: Any, post: Post, user: User, **options: Any) -> None:
        super().__init__(*args, **options)
        fields: dict[str, Any] = self.fields
        fields["comments"].choices = [("", _("As the settings of the site say")), *Comments.choices]
        writing = User.objects.writers().exclude(pk=post.author_id).select_related("profile").order_by("username")
        fields["authors"].queryset = writing
        fields["authors"].label_from_instance = lambda each: each.profile.name
        if not writing.exists():
            del fields["authors"]
        if not self.instance.social_image_id:
            del fields["image_removed"]
        if post.is_public and user.can_publish(post):
            self.initial["published_at"] = post.published_at
            fields["published_at"].help_text = _("In the time zone of the site: %(zone)s.") % {"zone": site().time_zone}
        else:
            del fields["published_at"]


@require_http_methods(["GET", "POST"])
@writers
def post_options(request: WriterRequest, pk: int) -> HttpResponse:
    """Show them; POST keeps them."""
    post = editable_post(request, pk)
    form = OptionsForm(request.POST or None, request.FILES or None, instance=PostOptions.of(post), post=post, user=request.user)
    if request.method == "POST" and form.is_valid() and _kept(request, form, post):
        messages.success(request, _("Saved."))
        return redirect("studio:post_options", post.pk)
    return render(request, "studio/post_options.html", {"form": form, "post": post}, status=422 if form.errors else 200)


def _kept(request: WriterRequest, form: OptionsForm, post: Post) -> bool:
    """Store all of it or nothing; or note on the form why not."""
    options, given = form.instance, form.cleaned_data
    try:
        with transaction.atomic():
            if file := given.get("image_file"):
                options.social_image = Media.objects.store(file, request.user, alt=post.title)
            elif given.get("image_removed"):
                options.social_image = None
            options.keep(authors=given.get("authors"))
            if "published_at" in form.changed_data:
                PostOptions.redate(post, given["published_at"])
    except ValidationError as error:
        for name, texts in getattr(error, "error_dict", {"image_file": error.messages}).items():
            form.add_error(name if name in form.fields else None, texts)
    except (Refused, NotStored) as error:
        form.add_error(None, str(error))
    return not form.errors
