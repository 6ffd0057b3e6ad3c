"""The kinds of text and numbers that come in."""

from __future__ import annotations

import re
from typing import Annotated

from ninja import Schema
from pydantic import AfterValidator, AwareDatetime, ConfigDict, Field, StringConstraints

CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
BIGGEST = 2**63 - 1


def _plain(text: str) -> str:
    if CONTROLS.search(text):
        raise ValueError("Control characters are not accepted.")
    return text


def _on_one_line(text: str) -> str:
    if any(char in text for char in "\n\r\t"):
        raise ValueError("This has to stand on one line.")
    return text


Text = Annotated[str, AfterValidator(_plain)]
Line = Annotated[str, StringConstraints(strip_whitespace=True), AfterValidator(_plain), AfterValidator(_on_one_line)]
Slug = Annotated[str, StringConstraints(pattern=r"^[-a-zA-Z0-9_]+$", max_length=220)]
Moment = AwareDatetime
Id = Annotated[int, Field(ge=1, le=BIGGEST)]
Page = Annotated[int, Field(ge=1, le=100_000)]


class Strict(Schema):
    """A body in which a field that is not listed is an error: nothing is set that was not meant to be."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)
