"""Pages that are not news: About, Privacy, Imprint. They are in no feed, no list and no mail."""

from __future__ import annotations

from typing import Any, ClassVar
from urllib.parse import unquote

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.urls import Resolver404, resolve
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from app.blog import languages, markdown, slugs, text
from app.blog.changes import change
from app.blog.pages import PAGE
from app.site import limits
from app.site.models import SiteRedirect, tidy_path


class PageQuerySet(models.QuerySet["Page"]):
    def public(self) -> PageQuerySet:
        return self.filter(is_public=True)


class Page(models.Model):
    """A page at an address of its own, `/about/`. Every save is seen at once; a new address leaves a redirect."""

    title = models.CharField(gettext_lazy("Title"), max_length=limits.TITLE, validators=[limits.validate_visible])
    slug = models.SlugField(
        gettext_lazy("Web address"),
        max_length=limits.SLUG,
        unique=True,
        blank=True,
        allow_unicode=True,
        help_text=gettext_lazy("Made from the title if empty. Old addresses redirect here."),
    )
    content = models.TextField(gettext_lazy("Text"), blank=True, help_text=gettext_lazy("Markdown."))
    content_html = models.TextField(blank=True, editable=False)
    description = models.CharField(
        gettext_lazy("Description"),
        max_length=300,
        blank=True,
        help_text=gettext_lazy("For search engines and previews of links."),
    )
    language = models.CharField(
        gettext_lazy("Language"),
        max_length=languages.LIMIT,
        blank=True,
        help_text=gettext_lazy("A code such as en, de or pt-BR. Empty: the language of the site."),
    )
    is_public = models.BooleanField(gettext_lazy("Readers may see it"), default=False)
    is_indexed = models.BooleanField(gettext_lazy("Search engines may list it"), default=True)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, editable=False, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)

    objects: ClassVar[PageQuerySet] = PageQuerySet.as_manager()  # type: ignore[assignment]

    def __str__(self) -> str:
        return self.title

    def save(self, *args: Any, **options: Any) -> None:
        """Store it whole, with its HTML. Raises ValidationError by field."""
        self._tidy()
        self.full_clean()
        with change() as changing:
            before = Page.objects.filter(pk=self.pk).values_list("slug", flat=True).first() if self.pk else None
            super().save(*args, **options)
            if before and before != self.slug:
                self._leave(before)
            changing.touch("site")

    def get_absolute_url(self) -> str:
        return PAGE.url(self.slug)

    def delete(self, *args: Any, **options: Any) -> tuple[int, dict[str, int]]:
        with change() as changing:
            changing.touch("site")
            return super().delete(*args, **options)

    @property
    def language_tag(self) -> str:
        """Return the page's language, or the site's."""
        return languages.of(self.language)

    def clean(self) -> None:
        """Refuse an address at which something else is."""
        try:
            found = resolve(unquote(PAGE.url(self.slug)))
        except Resolver404:
            return
        if found.kwargs != {"slug": self.slug} or found.args:
            raise ValidationError({"slug": _("The site has another page at “/%(slug)s/”.") % {"slug": self.slug}})

    def _tidy(self) -> None:
        self.title, self.description = text.title(self.title), text.one_line(self.description)
        self.content = text.clean(self.content)
        self.content_html = markdown.render(self.content)
        self.language = languages.canonical(self.language)
        self.slug = slugs.normal(self.slug) or slugs.base_of(self.title)
        self.updated_at = timezone.now()

    def _leave(self, slug: str) -> None:
        """Let the old address lead here, and end a redirect from the new one."""
        SiteRedirect.objects.filter(path=tidy_path(self.get_absolute_url())).delete()
        SiteRedirect.objects.update_or_create(
            path=tidy_path(PAGE.url(slug)), defaults={"target": self.get_absolute_url(), "is_permanent": True}
        )
