"""How often a reader wants mail, and the time zone in which the days of their digests begin."""

from __future__ import annotations

from functools import cache
from zoneinfo import available_timezones

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

ZONE = 64  # characters of an IANA name


class Frequency(models.TextChoices):
    EACH = "each", pgettext_lazy("how often", "Each post")
    DAILY = "daily", pgettext_lazy("how often", "Daily digest")
    WEEKLY = "weekly", pgettext_lazy("how often", "Weekly digest")


@cache
def zones() -> list[str]:
    """Return the IANA names of time zones, by name."""
    return sorted(available_timezones())


def check_frequency(frequency: str, time_zone: str) -> None:
    """Raise ValidationError, by field. An empty time zone is the publication's."""
    wrong = {}
    if frequency not in Frequency.values:
        wrong["frequency"] = _("Choose each post, a daily digest or a weekly digest.")
    if time_zone and time_zone not in zones():
        wrong["time_zone"] = _("There is no such time zone. An example is Europe/Berlin.")
    if wrong:
        raise ValidationError(wrong)
