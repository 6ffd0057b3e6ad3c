"""What a notice says."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.urls import reverse

from app.mail.message import Letter
from app.mail.rendering import link, render
from app.notices.addresses import Address
from app.notices.choices import Choice
from app.notices.models import Kind, Notice
from app.notices.moves import KINDS, address_of, change_of
from app.notices.resets import reset_path

TEMPLATES = {Kind.REPLY: "comment", Kind.REVIEW: "draft"}


def letter(notice: Notice, told: Sequence[Notice]) -> Letter:
    """Return the mail for a notice and those that it tells of besides."""
    notices = [*told, notice]
    kind = Kind(notice.kind)
    context = {
        "notice": notice,
        "notices": notices,
        "subject": _subject(kind, notice, len(notices)),
        **_choice(notice),
        **_links(kind, notice),
    }
    text, html = render(f"notices/mail/{TEMPLATES.get(kind, kind.value)}", context)
    return Letter(
        sender=settings.DEFAULT_FROM_EMAIL,
        recipient=address_of(notice),
        subject=context["subject"],
        text=text,
        html=html,
        message_id=notice.message_id,
    )


def _subject(kind: Kind, notice: Notice, number: int) -> str:
    title = f"“{notice.post.title}”" if notice.post else ""
    who = notice.actor_name
    if number > 1:
        return {
            Kind.COMMENT: f"{number} new comments on {title}",
            Kind.REPLY: f"{number} new answers to you on {title}",
            Kind.LIKE: f"{number} readers like {title}",
        }[kind]
    return {
        Kind.ADDRESS: f"Is this your address at {settings.SITE_NAME}?",
        Kind.RESET: f"A new password for {settings.SITE_NAME}",
        Kind.PASSWORD: f"Your password at {settings.SITE_NAME} was changed",
        Kind.MOVE: f"Is this your new address at {settings.SITE_NAME}?",
        Kind.MOVING: f"Another address for your account at {settings.SITE_NAME}",
        Kind.MOVED: f"Your address at {settings.SITE_NAME} was changed",
        Kind.WELCOME: f"Welcome to {settings.SITE_NAME}",
        Kind.ONBOARDING: ONBOARDING.get(notice.subject_key, ""),
        Kind.COMMENT: f"{who} commented on {title}",
        Kind.REPLY: f"{who} answered you on {title}",
        Kind.LIKE: f"{who} likes {title}",
        Kind.REVIEW: f"{title} by {who} waits for review",
        Kind.DRAFT: f"New draft by {who}: {title}",
    }[kind]


def _choice(notice: Notice) -> dict[str, Any]:
    choice = Choice.of(notice)
    return {"choice": choice, "choice_url": link(choice.get_absolute_url())} if choice else {}


def _links(kind: Kind, notice: Notice) -> dict[str, Any]:
    if kind == Kind.ADDRESS:
        return {"address_url": link(Address.of(notice.recipient).get_absolute_url())}
    if kind == Kind.RESET:
        return {"reset_url": link(reset_path(notice.recipient))}
    if kind == Kind.PASSWORD:
        return {
            "changed_at": datetime.fromisoformat(notice.subject_key),
            "forgotten_url": link(reverse("password_reset")),
            "is_taken": not notice.recipient.has_usable_password(),
            "contact": parseaddr(settings.DEFAULT_FROM_EMAIL)[1],
        }
    if kind in KINDS:
        return _of_change(notice)
    if notice.post is None:
        return {}
    if kind in {Kind.REVIEW, Kind.DRAFT}:
        return {"post_url": link(reverse("studio:edit", args=[notice.post.pk]))}
    anchor = f"#comment-{notice.comment_id}" if notice.comment_id else ""
    return {"post_url": link(notice.post.get_absolute_url()) + anchor}


def _of_change(notice: Notice) -> dict[str, Any]:
    change = change_of(notice)
    if change is None:
        return {}
    return {
        "change": change,
        "address_url": link(reverse("address_change", args=[change.pk, change.secret()])) if notice.kind == Kind.MOVE else "",
        "forgotten_url": link(reverse("password_reset")),
        "contact": parseaddr(settings.DEFAULT_FROM_EMAIL)[1],
    }


ONBOARDING = {"profile": "Tell readers who you are", "first-post": "Your first post"}
