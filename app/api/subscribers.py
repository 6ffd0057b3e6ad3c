"""Subscribing to the newsletter: ask here, confirm by email."""

from typing import Annotated

from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Router, Schema, Status
from pydantic import Field

from app.accounts.rate_limit import PER_SENDER, address, sender
from app.api.errors import Invalid, Problem
from app.api.fields import Line, Strict
from app.api.limits import limit
from app.mail.errors import BadAddress
from app.mail.forms import validate_address
from app.newsletter.forms import CONSENT
from app.newsletter.models import Subscriber

router = Router(tags=["subscribers"])


class SubscriptionIn(Strict):
    email: Annotated[Line, Field(max_length=254, json_schema_extra={"format": "idn-email"})]


class Asked(Schema):
    """The same answer for every address, known or not."""

    detail: str = "If this address can subscribe, an email with a link to confirm is on its way."
    consent: str = str(CONSENT)


@router.post("", auth=None, response={202: Asked, 422: Problem, 429: Problem})
def subscribe(request: HttpRequest, payload: SubscriptionIn) -> Status[Asked]:
    """Ask to subscribe by email."""
    limit("subscribers", sender(request), per_minute=PER_SENDER)
    try:
        validate_address(payload.email)
        Subscriber.objects.subscribe(payload.email, source="api", consent=str(CONSENT), ip=address(request))
    except (BadAddress, ValidationError):
        raise Invalid({"email": [_("Enter a valid email address.")]}) from None
    return Status(202, Asked())
