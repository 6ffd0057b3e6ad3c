"""The mail check: what a worker found of the sender's DNS, server and signatures, and having it look again."""

from __future__ import annotations

from datetime import datetime

from ninja import Router, Schema, Status

from app.api.auth import Request, must_manage_subscribers
from app.api.errors import Problem
from app.newsletter.models import MailCheck

router = Router(tags=["mail"])


class VerdictOut(Schema):
    """`level` is good, warning, bad or unknown; `change` says what to do, and is empty where nothing is to be done."""

    subject: str
    level: str
    code: str
    text: str
    change: str


class MailCheckOut(Schema):
    """`is_waiting` until a check that was asked for has ended: it takes up to a minute."""

    is_waiting: bool
    checked_at: datetime | None
    verdicts: list[VerdictOut]


@router.get("/check", response={200: MailCheckOut, 403: Problem})
def read_mail_check(request: Request) -> MailCheck:
    """Show what was found last."""
    must_manage_subscribers(request.auth)
    return MailCheck.objects.now()


@router.post("/check", response={202: MailCheckOut, 403: Problem})
def ask_mail_check(request: Request) -> Status[MailCheck]:
    """Have a worker check again. Asked twice, it is checked once."""
    must_manage_subscribers(request.auth)
    MailCheck.objects.ask()
    return Status(202, MailCheck.objects.now())
