"""What is wrong with a value, and what to send instead, in plain words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.api.fields import ABOUT, SLUG

TIME = "This is no time. Write it as in 2031-05-06T07:08:00Z."
NUMBER = "This has to be a whole number."
OBJECT = "Send a JSON object."
FIELD_NEEDED = "This field is needed."
SENTENCES = {
    "missing": FIELD_NEEDED,
    "extra_forbidden": "There is no such field here; leave it out.",
    "string_type": "This has to be text.",
    "string_unicode": "This is no whole text: a character is cut in half. Send UTF-8.",
    "string_too_long": "This is too long; at most {max_length:,} characters are accepted.",
    "int_type": NUMBER,
    "int_parsing": NUMBER,
    "int_parsing_size": NUMBER,
    "int_from_float": NUMBER,
    "greater_than_equal": "This is too small; {ge:,} is the least.",
    "less_than_equal": "This is too large; {le:,} is the most.",
    "list_type": "This has to be a list.",
    "datetime_type": TIME,
    "datetime_parsing": TIME,
    "datetime_from_date_parsing": TIME,
    "datetime_object_invalid": TIME,
    "timezone_aware": "Say the time zone too, as in 2031-05-06T07:08:00Z.",
    "literal_error": "This has to be {expected}.",
    "model_attributes_type": OBJECT,
}
PATTERNS = {
    SLUG: "Only letters without accents, digits, hyphens and underscores are accepted, at least one.",
    ABOUT: "Name one thing, as in post:17.",
}


def plain(kind: str, message: str, context: Mapping[str, Any]) -> str:
    """Return the sentence for one of pydantic's errors; what a validator of ours raised speaks for itself."""
    match kind:
        case "too_short":
            return "This may not be empty."
        case "too_long":
            return _too_long(context)
        case "string_pattern_mismatch":
            return PATTERNS.get(context["pattern"], message)
    return SENTENCES[kind].format(**context) if kind in SENTENCES else message.removeprefix("Value error, ")


def _too_long(context: Mapping[str, Any]) -> str:
    things = "entries" if context["field_type"] == "List" else "characters"
    return f"These are {context['actual_length']:,} {things}; at most {context['max_length']:,} are accepted."
