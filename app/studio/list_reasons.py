"""Why a line of a mailing list was not simply added, in words."""

from django.utils.translation import gettext_lazy

REASONS = {
    "bad_address": gettext_lazy("not an email address"),
    "no_address": gettext_lazy("no email address"),
    "unknown_status": gettext_lazy("a status that is not known, so that it is not clear who may be emailed"),
    "quote": gettext_lazy("a quotation mark that nothing closes"),
    "too_long": gettext_lazy("a line of more than 100,000 characters"),
    "unsubscribed": gettext_lazy("unsubscribed here, and stays so"),
    "bounced": gettext_lazy("bounced here, and stays so"),
    "erased": gettext_lazy("erased here, and stays so"),
    "confirmed": gettext_lazy("subscribed here; only a missing name and tags are added"),
    "pending": gettext_lazy("asked to confirm here; only a missing name and tags are added"),
    "left_there": gettext_lazy("subscribed here, but left there: stays as it is"),
    "encoding": gettext_lazy("not UTF-8, and read as Windows-1252: look at the name"),
    "date": gettext_lazy("a date that cannot be read was left out"),
    "frequency": gettext_lazy("a frequency that is not known: gets each post"),
    "time_zone": gettext_lazy("a time zone that is not known was left out"),
}
