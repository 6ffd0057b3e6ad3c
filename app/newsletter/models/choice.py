"""What a writer decided about the mailing of a post, and what the publication does where no one decided."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator
from django.db import models
from django.utils import timezone
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy

from app.site.limits import validate_visible

PREVIEW = 200
"""Characters of the line that an inbox shows beside the subject."""
AUDIENCE = 120
LONGEST_DELAY = 3600  # seconds
HOURS = [(hour, f"{hour:02}:00") for hour in range(24)]


class MailingChoice(models.Model):
    """How a post is to be mailed when it is published: stored with the publication or its planned time, in one transaction."""

    post = models.OneToOneField("blog.Post", on_delete=models.CASCADE, related_name="mailing_choice")
    is_mailed = models.BooleanField(default=True)
    key = models.CharField(max_length=AUDIENCE, blank=True)
    """The audience as it was chosen, such as `tag:press`. Empty: everyone."""
    filters = models.JSONField(default=dict)
    """Which subscribers, as the list's filters have it; none: everyone."""
    audience = models.CharField(max_length=AUDIENCE, blank=True)
    """The same in words. Empty: everyone."""
    subject = models.CharField(max_length=200, blank=True)
    preview = models.CharField(max_length=PREVIEW, blank=True)
    chosen_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    chosen_at = models.DateTimeField(default=timezone.now)

    objects: ClassVar[models.Manager[MailingChoice]] = models.Manager()

    def __str__(self) -> str:
        return f"choice for post {self.post_id}"

    def frozen(self) -> dict[str, Any]:
        """Return what a mailing keeps of it."""
        return {"filters": self.filters, "audience": self.audience, "subject": self.subject, "preview": self.preview}


class Where(models.TextChoices):
    BOTH = "both", gettext_lazy("On the site and by email")
    SITE = "site", gettext_lazy("On the site only")
    EMAIL = "email", gettext_lazy("By email only")


class MailingSettings(models.Model):
    """What the publication does where a writer says nothing else. One row, made when it is first saved."""

    where = models.CharField(
        gettext_lazy("New posts are published"), max_length=5, choices=Where.choices, default=Where.BOTH, db_default=Where.BOTH
    )
    audience = models.CharField(max_length=AUDIENCE, blank=True, default="", db_default="")
    """The key of an audience, such as `tag:press`. Empty: everyone."""
    delay = models.PositiveSmallIntegerField(
        gettext_lazy("Seconds before a mailing begins"),
        null=True,
        blank=True,
        validators=[MaxValueValidator(LONGEST_DELAY)],
        help_text=gettext_lazy("Meanwhile it can be stopped, and no one has got it. Empty: as the server is set up."),
    )

    sender_name = models.CharField(
        gettext_lazy("Sender's name"),
        max_length=100,
        blank=True,
        default="",
        db_default="",
        validators=[validate_visible],
        help_text=gettext_lazy("Empty: as the server is set up."),
    )
    names_author = models.BooleanField(gettext_lazy("Name the author of the post before it"), default=False, db_default=False)
    reply_to = models.EmailField(
        gettext_lazy("Replies go to"),
        blank=True,
        default="",
        db_default="",
        help_text=gettext_lazy("An address that someone reads. Empty: the sender's."),
    )
    replies_to_author = models.BooleanField(
        gettext_lazy("Replies go to the author of the post, whose email address readers then see"),
        default=False,
        db_default=False,
    )
    postal_address = models.TextField(
        gettext_lazy("Postal address"),
        max_length=500,
        blank=True,
        default="",
        db_default="",
        help_text=gettext_lazy("At the end of every newsletter. Many countries ask for it."),
    )
    digest_hour = models.PositiveSmallIntegerField(
        gettext_lazy("Digests are sent at"),
        choices=HOURS,
        default=8,
        db_default=8,
        help_text=gettext_lazy("By the clock of each reader who chose a daily or weekly digest."),
    )
    digest_weekday = models.PositiveSmallIntegerField(
        gettext_lazy("Weekly digests are sent on"), choices=list(WEEKDAYS.items()), default=0, db_default=0
    )
    welcomes = models.BooleanField(gettext_lazy("Welcome new subscribers by email"), default=False, db_default=False)
    welcome_subject = models.CharField(
        gettext_lazy("Subject of the welcome"), max_length=200, blank=True, default="", db_default=""
    )
    welcome_text = models.TextField(gettext_lazy("Text of the welcome"), max_length=5000, blank=True, default="", db_default="")

    objects: ClassVar[models.Manager[MailingSettings]] = models.Manager()

    class Meta:
        verbose_name_plural = "mailing settings"
        constraints: ClassVar = [models.CheckConstraint(condition=models.Q(pk=1), name="mailing_settings_one_row")]

    def __str__(self) -> str:
        return "mailing settings"

    @classmethod
    def now(cls) -> MailingSettings:
        """Return the settings, stored or not."""
        return cls.objects.filter(pk=1).first() or cls(pk=1)

    @property
    def pause(self) -> timedelta:
        """Return how long nothing leaves after a mailing was decided."""
        return settings.MAILING_DELAY if self.delay is None else timedelta(seconds=self.delay)
