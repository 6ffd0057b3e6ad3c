"""Sign in with the provider: leave for it, and come back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from app.accounts import sign_in_log
from app.accounts.models import User
from app.accounts.rate_limit import MINUTE, PER_ADDRESS, TOO_MANY, alone, may_try, sender
from app.blog.errors import Refused
from app.openid import client, linking, pending
from app.openid.errors import SignInFailed
from app.openid.pending import Pending
from app.openid.person import Person, ask
from app.openid.provider import Provider, provider
from app.second_factor.session import begin, complete, confirm, unconfirm, vouch
from app.second_factor.status import has_second_factor
from app.site.pages import SECOND_STEP
from owed import clock

AT_ONCE = 3
"""Requests of one sender that wait for the provider; several of one company come from one address."""
LONGEST_NEXT = 2_000


@require_POST
@never_cache
def sign_in(request: HttpRequest) -> HttpResponse:
    """Lead a guest to the provider."""
    required()
    if request.user.is_authenticated:
        return redirect(settings.LOGIN_REDIRECT_URL)
    return leave(request, pending.SIGN_IN, request.POST.get("next", ""))


@require_POST
@never_cache
@login_required
def confirmation(request: HttpRequest) -> HttpResponse:
    """Lead to the provider a person who is signed in and must show once more that it is them."""
    return leave(request, pending.CONFIRM, request.POST.get("next", ""))


def leave(request: HttpRequest, purpose: str, next_url: str) -> HttpResponse:
    """Keep what the answer is compared with, and show a page that goes on to the provider.

    Not a redirect: the site's policy lets forms lead to its own pages alone, and browsers apply it to what a form redirects to.
    """
    found = required()
    with _admitted(request, "openid.address") as is_admitted:
        if not is_admitted:
            return _too_many(request)
        try:
            endpoints = found.discover()
        except SignInFailed as error:
            return _failed(request, purpose, error.reason)
    # A guest must not have a session keep a large text, or one that leads elsewhere.
    kept = pending.begin(request, purpose, next_url if _is_ours(request, next_url) else "", now=clock.now())
    about = {"provider_url": client.leave_for(found, endpoints, kept), "provider_name": found.name}
    return render(request, "openid/leaving.html", about)


def required() -> Provider:
    """Return the provider. Raises Http404 where there is none."""
    found = provider()
    if found is None:
        raise Http404("no provider is set")
    return found


@require_GET
@never_cache
def callback(request: HttpRequest) -> HttpResponse:
    """Take the provider's answer, which counts once."""
    found = required()
    with _admitted(request, "openid.answer") as is_admitted:
        return _take(request, found) if is_admitted else _too_many(request)


@contextmanager
def _admitted(request: HttpRequest, action: str) -> Iterator[bool]:
    """Yield whether the sender may go on: not too often in a minute, and few at once, as each waits for the provider."""
    with alone("openid", sender(request), places=AT_ONCE) as has_place:
        yield has_place and may_try(action, sender(request), per_minute=PER_ADDRESS)


def _take(request: HttpRequest, found: Provider) -> HttpResponse:
    kept = pending.take(request, request.GET.get("state", ""), now=clock.now())
    if kept is None:
        return _failed(request, "", "state")
    try:
        return _go_on(request, kept, ask(found, kept, request.GET.dict(), now=clock.now()))
    except SignInFailed as error:
        return _failed(request, kept.purpose, error.reason)
    except (
        IntegrityError,
        ValidationError,
    ):  # two answers of one person at once: the second finds the account of the first when tried again
        return _failed(request, kept.purpose, "taken")


def _go_on(request: HttpRequest, kept: Pending, person: Person) -> HttpResponse:
    if kept.purpose == pending.LINK:
        return _link(request, person)
    user = linking.account_of(person, now=clock.now()) if kept.purpose == pending.SIGN_IN else _mine(request, person)
    if user is None:
        return _unknown(request, kept)
    if kept.is_confirmation:
        confirm(request)
        return redirect(_ours(request, kept.next, "account"))
    return _enter(request, user, person, _ours(request, kept.next, settings.LOGIN_REDIRECT_URL))


def _enter(request: HttpRequest, user: User, person: Person, next_url: str) -> HttpResponse:
    """Sign in, or go on to the second step where the account has one and the provider asked for none."""
    if person.two_factors:
        complete(request, user)
        vouch(request)
    elif has_second_factor(user):
        begin(request, user, next_url)
        return redirect(SECOND_STEP.url())
    else:
        login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    if not person.was_asked:  # a session that was open at the provider does not show that it is them
        unconfirm(request)
    return redirect(next_url)


def _link(request: HttpRequest, person: Person) -> HttpResponse:
    try:
        linking.link(cast("User", request.user), person, now=clock.now())
    except Refused as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Linked. It signs you in from now on."))
    return redirect("openid")


def _mine(request: HttpRequest, person: Person) -> User | None:
    """Return the person at this session, where it is them who answered at the provider."""
    user = cast("User", request.user)
    is_mine = user.identities.filter(issuer=person.issuer, subject=person.subject).exists()
    return user if is_mine else None


def _unknown(request: HttpRequest, kept: Pending) -> HttpResponse:
    """The same answer whether there is no account, or one that is closed."""
    sign_in_log.refused(request, "no account", user_id=kept.user)
    text = _("This %(provider)s account opens no account here. If you have one here, sign in with your password and link it.")
    messages.error(request, text % {"provider": required().name})
    return _back(request, kept.purpose)


def _failed(request: HttpRequest, purpose: str, reason: str) -> HttpResponse:
    sign_in_log.refused(request, reason, user_id=request.user.pk)
    text = _("Going through %(provider)s did not work. Try again, or use another way to sign in.")
    messages.error(request, text % {"provider": required().name})
    return _back(request, purpose)


def _back(request: HttpRequest, purpose: str) -> HttpResponse:
    if request.user.is_authenticated:
        return redirect("openid" if purpose == pending.LINK else "account")
    return redirect(settings.LOGIN_URL)


def _too_many(request: HttpRequest) -> HttpResponse:
    sign_in_log.refused(request, "too many", user_id=request.user.pk)
    return HttpResponse(str(TOO_MANY), status=429, headers={"Retry-After": str(MINUTE)}, content_type="text/plain")


def _ours(request: HttpRequest, wanted: str, otherwise: str) -> str:
    return wanted if _is_ours(request, wanted) else resolve_url(otherwise)


def _is_ours(request: HttpRequest, wanted: str) -> bool:
    is_short = len(wanted) <= LONGEST_NEXT
    return is_short and url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
