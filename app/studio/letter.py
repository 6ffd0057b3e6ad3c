"""The mail of a post before it is mailed: looked at as a reader would get it, and sent as a test to oneself."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from csp.decorators import csp
from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from app.accounts.rate_limit import TOO_MANY, may_try
from app.blog.models import Post
from app.newsletter import audience, samples
from app.newsletter.errors import UnknownAudience
from app.newsletter.models import SampleMail, Subscriber
from app.newsletter.models.choice import PREVIEW, Where
from app.site import limits
from app.studio.access import WriterRequest, editable_post, writers
from app.studio.mailbox import LETTER_POLICY
from app.studio.publication import may_publish

SAMPLES = 5  # test mails of one writer in a minute
SHOWN = 5
ASKED = {"where": 5, "audience": 120, "subject": limits.TITLE, "preview": PREVIEW, "reader": 254}
"""What the panel says of the mail, each with its longest value."""


@require_http_methods(["GET", "POST"])
@writers
def letter(request: WriterRequest, pk: int) -> HttpResponse:
    """Show the mail as HTML and text; POST is the panel's form, whose words are looked at."""
    post = _mailable(request, pk)
    asked = _asked(request.POST if request.method == "POST" else request.GET)
    if request.method == "POST":
        return redirect(_page(post, asked))
    text, _html = samples.shown(post, preview=asked["preview"], on_site=asked["where"] != Where.EMAIL)
    about: dict[str, Any] = {
        "post": post,
        "asked": asked,
        "query": urlencode(asked),
        "text": text,
        "subject": asked["subject"] or post.title,
        "samples": SampleMail.objects.filter(post=post, recipient=request.user).order_by("-pk")[:SHOWN],
    }
    if asked["reader"] and request.user.can_manage_subscribers():
        about |= _judged(asked, post)
    return render(request, "studio/letter.html", about)


@require_GET
@writers
@xframe_options_sameorigin
@csp(LETTER_POLICY)  # type: ignore[arg-type]
def letter_html(request: WriterRequest, pk: int) -> HttpResponse:
    """Return the mail's HTML, for a sandboxed frame."""
    asked = _asked(request.GET)
    _text, html = samples.shown(_mailable(request, pk), preview=asked["preview"], on_site=asked["where"] != Where.EMAIL)
    return HttpResponse(html)


@require_POST
@writers
def sample(request: WriterRequest, pk: int) -> HttpResponse:
    """Send the mail to oneself, marked as a test."""
    post, asked = _mailable(request, pk), _asked(request.POST)
    if request.user.has_unconfirmed_address:
        messages.error(request, _("Confirm your email address first. The page of your account sends you the link again."))
    elif not request.user.email:
        messages.error(request, _("Your account has no confirmed email address. Add one in your account's settings."))
    elif not may_try("sample", str(request.user.pk), per_minute=SAMPLES):
        messages.error(request, str(TOO_MANY))
    else:
        SampleMail.objects.owe(post, request.user, subject=asked["subject"], preview=asked["preview"])
        messages.success(request, _("A test email is on its way to %(email)s.") % {"email": request.user.email})
    return redirect(_page(post, asked))


def _mailable(request: WriterRequest, pk: int) -> Post:
    post = editable_post(request, pk)
    may_publish(request, post)
    return post


def _asked(given: QueryDict) -> dict[str, str]:
    return {name: " ".join(given.get(name, "").split())[:longest] for name, longest in ASKED.items()}


def _page(post: Post, asked: dict[str, str]) -> str:
    given = {name: value for name, value in asked.items() if value}
    return f"{reverse('studio:letter', args=[post.pk])}?{urlencode(given)}"


def _judged(asked: dict[str, str], post: Post) -> dict[str, Any]:
    """Say whether a reader would get it, and why not."""
    found = Subscriber.objects.at(asked["reader"]).first()
    if found is None:
        return {"verdict": _("No subscriber has this address.")}
    try:
        chosen = audience.read(asked["audience"], post_id=post.pk)
    except UnknownAudience as error:
        return {"verdict": str(error)}
    if not found.is_confirmed:
        return {"reader": found, "verdict": _("Would not get it: %(state)s.") % {"state": found.get_state_display()}}
    if not chosen.found().filter(pk=found.pk).exists():
        return {"reader": found, "verdict": _("Would not get it: not in the audience.")}
    if found.is_on_pause:
        return {"reader": found, "verdict": _("Would not get it: on pause.")}
    if not audience.reading(chosen.found(), post.pk).filter(pk=found.pk).exists():
        return {"reader": found, "verdict": _("Would not get it: chose only other authors, categories or tags.")}
    return {"reader": found, "verdict": _("Would get it.")}
