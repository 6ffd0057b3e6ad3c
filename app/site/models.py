"""What an editor sets about the publication: one row, and redirects of its own."""

from __future__ import annotations

from functools import partial
from typing import Any, ClassVar
from urllib.parse import unquote
from zoneinfo import available_timezones

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from app.site import languages, limits
from app.site.colours import parse
from app.site.custom_css import validate_css
from app.site.head_code import validate_code
from app.site.links import is_address, validate_links
from app.site.themes import Fonts, ThemeName

ROBOTS_LINE = ("user-agent", "allow", "disallow", "crawl-delay", "sitemap", "content-signal", "#")
PATH = 500


class Comments(models.TextChoices):
    EVERYONE = "everyone", gettext_lazy("Everyone; an editor reviews those of guests first")
    MODERATED = "moderated", gettext_lazy("Everyone; an editor reviews all of them first")
    MEMBERS = "members", gettext_lazy("Only readers with an account")
    OFF = "off", gettext_lazy("No one")


def validate_colour(text: str) -> None:
    """Raise ValidationError for what is not `#rgb` or `#rrggbb`."""
    try:
        parse(text)
    except ValueError:
        raise ValidationError(_("Write a colour as # and six digits, such as #2438b8.")) from None


def validate_zone(name: str) -> None:
    if name not in available_timezones():
        raise ValidationError(_("“%(name)s” is not a time zone. Use a name such as Europe/Berlin.") % {"name": name[:50]})


def validate_robots(text: str) -> None:
    """Raise ValidationError for lines that no crawler knows."""
    for line in filter(None, map(str.strip, text.splitlines())):
        if not line.lower().startswith(ROBOTS_LINE):
            raise ValidationError(_("“%(line)s” is not a line of robots.txt.") % {"line": line[:50]})


Text = partial(models.CharField, blank=True, default="", db_default="")
Long = partial(models.TextField, blank=True, default="", db_default="")
Links = partial(models.JSONField, blank=True, default=list, validators=[validate_links])


class SiteSettings(models.Model):
    """One row, made when it is first saved. Empty means: as the software comes. Read it with `app.site.current.site()`."""

    name = Text(gettext_lazy("Name"), max_length=limits.NAME, validators=[limits.validate_visible])
    tagline = Text(gettext_lazy("Tagline"), max_length=200, help_text=gettext_lazy("Under the name on the front page."))
    description = Text(
        gettext_lazy("Description"),
        max_length=500,
        help_text=gettext_lazy("For search engines, previews of links and feeds: a sentence or two."),
    )
    language = Text(
        gettext_lazy("Language"),
        max_length=35,
        validators=[languages.validate_language],
        help_text=gettext_lazy("Of buttons, dates and emails, and of posts that do not name their own."),
    )
    time_zone = Text(
        gettext_lazy("Time zone"),
        max_length=50,
        validators=[validate_zone],
        help_text=gettext_lazy("Dates of posts are those of this zone. Such as Europe/Berlin; empty: UTC."),
    )
    # Names of files of the library. This room is below it, which looks for them here before it deletes a picture.
    logo = Text(gettext_lazy("Logo"), max_length=200)
    favicon = Text(gettext_lazy("Icon"), max_length=200)
    theme = models.CharField(
        gettext_lazy("Theme"), max_length=20, choices=ThemeName, default=ThemeName.AFTERWORD, db_default=ThemeName.AFTERWORD
    )
    accent = Text(
        gettext_lazy("Accent colour"),
        max_length=7,
        validators=[validate_colour],
        help_text=gettext_lazy("Of links and buttons. Made darker or lighter where it could not be read. Empty: the theme's."),
    )
    fonts = models.CharField(
        gettext_lazy("Fonts"), max_length=20, choices=Fonts, default=Fonts.NEWSREADER, db_default=Fonts.NEWSREADER
    )
    custom_css = Long(
        gettext_lazy("Your own CSS"),
        max_length=50_000,
        validators=[validate_css],
        help_text=gettext_lazy("After the theme's, on readers' pages."),
    )
    navigation = Links(gettext_lazy("Navigation"))
    footer = Links(gettext_lazy("Footer"))
    footer_text = Text(gettext_lazy("Text of the footer"), max_length=300)
    profiles = Links(gettext_lazy("Profiles elsewhere"))
    comments = models.CharField(
        gettext_lazy("Who may comment"),
        max_length=10,
        choices=Comments,
        default=Comments.EVERYONE,
        db_default=Comments.EVERYONE,
    )
    comments_close_after = models.PositiveSmallIntegerField(
        gettext_lazy("Close comments after so many days"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(3650)],
        help_text=gettext_lazy("Counted from the publication of a post. Empty: never."),
    )
    head_code = Long(gettext_lazy("Code in the head of readers' pages"), max_length=20_000, validators=[validate_code])
    is_indexed = models.BooleanField(gettext_lazy("Search engines may list the site"), default=True, db_default=True)
    robots = Long(
        gettext_lazy("More lines for robots.txt"),
        max_length=5_000,
        validators=[validate_robots],
        help_text=gettext_lazy("Such as “User-agent: GPTBot” and “Disallow: /” on two lines."),
    )
    objects: ClassVar[models.Manager[SiteSettings]] = models.Manager()

    class Meta:
        db_table = "site_settings"
        verbose_name_plural = "site settings"
        constraints: ClassVar = [models.CheckConstraint(condition=models.Q(pk=1), name="site_settings_one_row")]

    def __str__(self) -> str:
        return "site settings"

    @classmethod
    def stored(cls) -> SiteSettings:
        """Return the row, or what stands for it until it is first saved."""
        return cls.objects.filter(pk=1).first() or cls(pk=1)


def tidy_path(address: str) -> str:
    """Return an address of this site as redirects are looked up: path and query, decoded, without the slash at its end."""
    path, mark, query = unquote(address.strip().partition("#")[0]).partition("?")
    return f"{path.rstrip('/') or '/'}{mark}{query}"


def validate_target(target: str) -> None:
    if target.lower().startswith("mailto:") or not is_address(target):
        raise ValidationError(_("Begin with / for a page of this site, or with https://."))


class SiteRedirect(models.Model):
    """An old address, and where it leads. It is asked where a page would be missing: pages of the site win."""

    path = models.CharField(gettext_lazy("Old address"), max_length=PATH, unique=True)
    target = models.CharField(gettext_lazy("Leads to"), max_length=PATH, validators=[validate_target])
    is_permanent = models.BooleanField(gettext_lazy("For good (301)"), default=True)

    objects: ClassVar[models.Manager[SiteRedirect]] = models.Manager()

    class Meta:
        db_table = "site_redirect"

    def __str__(self) -> str:
        return f"{self.path} → {self.target}"

    def save(self, *args: Any, **options: Any) -> None:
        self.full_clean()
        super().save(*args, **options)

    def clean(self) -> None:
        """Refuse what could never lead anywhere."""
        if not self.path.startswith("/") or not is_address(self.path) or tidy_path(self.path) == "/":
            raise ValidationError({"path": _("Begin with /, as in /old-page.")})
        self.path = tidy_path(self.path)
        if tidy_path(self.target) == self.path:
            raise ValidationError({"target": _("This leads to itself.")})
