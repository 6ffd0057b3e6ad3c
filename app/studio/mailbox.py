"""The mail that the bundled sink kept instead of sending."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from functools import lru_cache
from pathlib import Path

from csp.decorators import csp
from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_GET

from app.studio.access import WriterRequest, operators

NAME = re.compile(r"[\w-]{1,100}")
PAGE = 50
LARGEST = 20 * 2**20
HEADERS = 64 * 1024
KEPT = 5_000  # as many as the sink keeps
LETTER_POLICY = {
    "default-src": ["'none'"],
    "img-src": ["data:", "https:", "http:"],
    "style-src": ["'unsafe-inline'"],
    "frame-ancestors": ["'self'"],
    "sandbox": ["allow-popups"],
}


@dataclass(frozen=True, kw_only=True)
class Letter:
    name: str
    subject: str
    sender: str
    recipient: str
    arrived: datetime

    @property
    def searched(self) -> str:
        return f"{self.subject} {self.recipient}".lower()


@require_GET
@operators
def mailbox(request: WriterRequest) -> HttpResponse:
    """List what arrived, newest first."""
    files = sorted(_folder().glob("*.eml"), key=lambda path: path.name, reverse=True)
    words = request.GET.get("q", "").strip()[:200].lower()
    found = [path for path in files if (letter := _peek(path)) and words in letter.searched] if words else files
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    shown = [letter for path in page if (letter := _peek(path))]
    return render(request, "studio/mailbox.html", {"page": page, "letters": shown, "q": words})


@require_GET
@operators
def mail(request: WriterRequest, name: str) -> HttpResponse:
    path = _path(name)
    message = _read(path)
    about = {
        "letter": _letter(path),
        "headers": [(key, str(value)) for key, value in message.items()],
        "text": _part(message, "plain"),
        "has_html": _part(message, "html") is not None,
    }
    return render(request, "studio/mail.html", about)


@require_GET
@operators
@xframe_options_sameorigin
@csp(LETTER_POLICY)  # type: ignore[arg-type]
def mail_html(request: WriterRequest, name: str) -> HttpResponse:
    """Return the letter's HTML, for a sandboxed frame: it can run nothing and send nothing."""
    markup = _part(_read(_path(name)), "html")
    if markup is None:
        raise Http404("the letter has no HTML part")
    return HttpResponse(markup)


def _folder() -> Path:
    if settings.MAILBOX_DIR is None:
        raise Http404("mail is really sent here, and not kept")
    return Path(settings.MAILBOX_DIR)


def _path(name: str) -> Path:
    path = _folder() / f"{name}.eml"
    if not NAME.fullmatch(name) or not path.is_file():
        raise Http404("no such letter")
    return path


def _read(path: Path) -> EmailMessage:
    with path.open("rb") as file:
        return message_from_bytes(file.read(LARGEST), policy=policy.default)


def _peek(path: Path) -> Letter | None:
    """Return what the list shows. None where the sink has just removed the letter, as it keeps the newest only."""
    try:
        return _letter(path)
    except FileNotFoundError:
        return None


@lru_cache(maxsize=KEPT)
def _letter(path: Path) -> Letter:
    """Return what the list shows, of the headers alone, and once for each letter: a stored one never changes."""
    with path.open("rb") as file:
        message = BytesHeaderParser(policy=policy.default).parsebytes(file.read(HEADERS))
    return Letter(
        name=path.stem,
        subject=str(message.get("Subject", "")) or "(no subject)",
        sender=str(message.get("From", message.get("X-Envelope-From", ""))),
        recipient=str(message.get("To", message.get("X-Envelope-To", ""))),
        arrived=datetime.fromtimestamp(path.stat().st_mtime, UTC),
    )


def _part(message: EmailMessage, kind: str) -> str | None:
    """Return the text or HTML of the letter; an unknown charset does not hide it."""
    part = message.get_body(preferencelist=(kind,))
    if part is None:
        return None
    try:
        return str(part.get_content())
    except (LookupError, UnicodeError):
        payload = part.get_payload(decode=True)
        return payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""
