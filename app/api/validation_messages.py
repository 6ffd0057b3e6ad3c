"""Messages for values that are not valid."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from app.api.fields import ABOUT, SLUG

TIME = _("Not a valid date and time. Write it as 2031-05-06T07:08:00Z.")
NUMBER = _("Must be a whole number.")
OBJECT = _("Send a JSON object.")
FIELD_NEEDED = _("This field is required.")
SENTENCES = {
    "missing": FIELD_NEEDED,
    "extra_forbidden": _("Unknown field. Remove it."),
    "string_type": _("Must be text."),
    "string_unicode": _("Invalid UTF-8."),
    "string_too_long": _("Must have at most {max_length:,} characters."),
    "int_type": NUMBER,
    "int_parsing": NUMBER,
    "int_parsing_size": NUMBER,
    "int_from_float": NUMBER,
    "greater_than_equal": _("Must be at least {ge:,}."),
    "less_than_equal": _("Must be at most {le:,}."),
    "list_type": _("Must be a list."),
    "datetime_type": TIME,
    "datetime_parsing": TIME,
    "datetime_from_date_parsing": TIME,
    "datetime_object_invalid": TIME,
    "timezone_aware": _("Add the time zone, as in 2031-05-06T07:08:00Z."),
    "literal_error": _("Must be {expected}."),
    "model_attributes_type": OBJECT,
}
PATTERNS = {
    SLUG: _("Use unaccented letters, digits, hyphens and underscores, at least one."),
    ABOUT: _("Name one subject, as in post:17."),
}


def plain(kind: str, message: str, context: Mapping[str, Any]) -> str:
    """Return the sentence for one of pydantic's errors; what a validator of ours raised speaks for itself."""
    match kind:
        case "too_short":
            return str(_("Must not be empty."))
        case "too_long":
            return _too_long(context)
        case "string_pattern_mismatch":
            return str(PATTERNS.get(context["pattern"], message))
    return SENTENCES[kind].format(**context) if kind in SENTENCES else message.removeprefix("Value error, ")


def _too_long(context: Mapping[str, Any]) -> str:
    is_list = context["field_type"] == "List"
    text = (
        _("Has {actual:,} entries; at most {limit:,} are allowed.")
        if is_list
        else _("Has {actual:,} characters; at most {limit:,} are allowed.")
    )
    return text.format(actual=context["actual_length"], limit=context["max_length"])
