"""The email of a post before it is mailed: how it looks, and as a test to oneself."""

from __future__ import annotations

from typing import Literal

from django.utils.translation import gettext as _
from ninja import Router, Schema, Status

from app.api.auth import Request
from app.api.errors import Conflict, Problem
from app.api.fields import Id, Strict
from app.api.limits import limit
from app.api.mailing import Preview, Subject
from app.api.permissions import publishable_post
from app.newsletter import samples
from app.newsletter.models import SampleMail

router = Router(tags=["sends"])

PER_MINUTE = 5
WhereName = Literal["both", "site", "email"]


class Letter(Schema):
    """The two parts of the email. Its unsubscribe link leads to the Subscribe page."""

    text: str
    html: str


class SampleIn(Strict):
    subject: Subject = ""
    preview: Preview = ""


class SampleOut(Schema):
    """To whom it goes, which is always the caller."""

    id: int
    email: str


@router.get("/{post_id}/letter", response={200: Letter, 403: Problem, 404: Problem})
def letter(request: Request, post_id: Id, preview: Preview = "", where: WhereName = "both") -> Letter:
    """Read the email as it would be sent now; with `where=email` as that of a post that is on no page."""
    post = publishable_post(post_id, request.auth)
    text, html = samples.shown(post, preview=preview, on_site=where != "email")
    return Letter(text=text, html=html)


@router.post("/{post_id}/samples", response={202: SampleOut, 403: Problem, 404: Problem, 409: Problem, 429: Problem})
def send_sample(request: Request, post_id: Id, payload: SampleIn) -> Status[SampleOut]:
    """Send the email to yourself, marked as a test. 409 without a confirmed address."""
    post = publishable_post(post_id, request.auth)
    if request.auth.has_unconfirmed_address:
        raise Conflict(_("Confirm your email address first. The page of your account sends you the link again."))
    if not request.auth.email:
        raise Conflict(_("Your account has no confirmed email address. Add one in your account's settings."))
    limit("sample", str(request.auth.pk), per_minute=PER_MINUTE)
    sample = SampleMail.objects.owe(post, request.auth, subject=payload.subject, preview=payload.preview)
    return Status(202, SampleOut(id=sample.pk, email=request.auth.email))
