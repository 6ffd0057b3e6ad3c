"""The status of a post. A file of its own, so that the modules below the models can name it too."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Status(models.TextChoices):
    DRAFT = "draft", _("Draft")
    SCHEDULED = "scheduled", _("Scheduled")
    PUBLISHED = "published", _("Published")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    MAILED = "mailed", _("Emailed only")


OUT = (Status.PUBLISHED, Status.MAILED)
"""What may be emailed: public posts, and those that are published by email alone."""
