"""What a request says of a mailing: to whom, and under which subject."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from app.api.errors import Invalid
from app.api.fields import Line
from app.newsletter import audience
from app.newsletter.errors import UnknownAudience
from app.newsletter.models.choice import AUDIENCE, PREVIEW
from app.site import limits

KEY = "Empty: every subscriber; `tag:<name>`; `segment:<id>`; `never`: those who never got the post."
Audience = Annotated[Line, Field(max_length=AUDIENCE, description=KEY)]
Subject = Annotated[Line, Field(max_length=limits.TITLE, description="Empty: the title.")]
Preview = Annotated[Line, Field(max_length=PREVIEW, description="Beside the subject. Empty: the beginning of the post.")]


def audience_of(key: str, *, post_id: int | None = None) -> audience.Audience:
    """Return the audience that a request names. Raises Invalid."""
    try:
        return audience.read(key, post_id=post_id)
    except UnknownAudience as error:
        raise Invalid({"audience": [str(error)]}) from None
