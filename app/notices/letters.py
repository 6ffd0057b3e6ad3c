"""The mail for a notice: its kind says the subject, the links and the templates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app.mail.message import Letter
from app.mail.rendering import link, render
from app.mail.sender import sender
from app.notices import kinds
from app.notices.models import Notice
from app.notices.preferences import StopLink
from app.site.speaking import speaking


def letter(notice: Notice, gathered: Sequence[Notice]) -> Letter:
    """Return the mail for a notice and those that a digest gathered into it, in the language of who gets it."""
    with speaking(notice.recipient.language):
        return _letter(notice, gathered)


def _letter(notice: Notice, gathered: Sequence[Notice]) -> Letter:
    kind, notices = kinds.get(notice.kind), [*gathered, notice]
    subject, choice = kind.subject(notice, len(notices)), StopLink.of(notice)
    context = {"notice": notice, "notices": notices, "subject": subject, **_stop_link(choice), **kind.links(notice)}
    text, html = render(kind.template, context)
    return Letter(
        sender=sender(),
        recipient=kind.address(notice),
        subject=subject,
        text=text,
        html=html,
        message_id=notice.message_id,
        headers=_list_headers(choice),
    )


def _stop_link(choice: StopLink | None) -> dict[str, Any]:
    return {"choice": choice, "choice_url": link(choice.get_absolute_url())} if choice else {}


def _list_headers(choice: StopLink | None) -> dict[str, str]:
    """Return what mail programs make their button "Unsubscribe" of (RFC 2369), with one click (RFC 8058)."""
    if choice is None:
        return {}
    return {
        "List-Unsubscribe": f"<{link(choice.get_absolute_url())}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
