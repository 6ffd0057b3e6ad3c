"""Types of the values that clients send."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated

from django.utils.translation import gettext as _
from ninja import Schema
from pydantic import AfterValidator, AwareDatetime, ConfigDict, Field, StringConstraints

from app.site import limits

CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
BIGGEST = 2**63 - 1
SLUG = r"^[-\w]+$"
ABOUT = r"^[a-z]{1,40}:[0-9]{1,19}$"


def _plain(text: str) -> str:
    if CONTROLS.search(text):
        raise ValueError(_("Control characters are not accepted. Remove them."))
    return text


def _on_one_line(text: str) -> str:
    if any(char in text for char in "\n\r\t"):
        raise ValueError(_("Use a single line, without line breaks and tabs."))
    return text


def _visible(text: str) -> str:
    if text and not limits.shows(text):  # an empty one is refused by its length
        raise ValueError(_("Use at least one character that can be seen."))
    return text


def _in_utc(moment: datetime) -> datetime:
    """Also refuse a time that is valid only in its own zone: the end of the year 9999, west of Greenwich."""
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError(_("Date out of range. Use an earlier one.")) from None


# The same as _plain and _on_one_line, for those who read the description of the API.
PLAIN = {"pattern": r"^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]*$"}
ON_ONE_LINE = {"pattern": r"^[^\u0000-\u001f\u007f-\u009f]*$"}
Text = Annotated[str, AfterValidator(_plain), Field(json_schema_extra=PLAIN)]
Line = Annotated[
    str,
    StringConstraints(strip_whitespace=True),
    AfterValidator(_plain),
    AfterValidator(_on_one_line),
    Field(json_schema_extra=ON_ONE_LINE),
]
Visible = Annotated[Line, AfterValidator(_visible)]
Slug = Annotated[str, StringConstraints(pattern=SLUG, max_length=limits.SLUG)]
Moment = Annotated[AwareDatetime, AfterValidator(_in_utc)]
Id = Annotated[int, Field(ge=1, le=BIGGEST)]
Page = Annotated[int, Field(ge=1, le=100_000)]


class Strict(Schema):
    """A body in which a field that is not listed is an error: nothing is set that was not meant to be."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)
