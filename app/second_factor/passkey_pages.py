"""A passkey is added in two requests, what to ask the browser and its answer, and removed in one."""

from __future__ import annotations

from django.http import HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from app.blog.errors import Refused
from app.second_factor import changes, webauthn
from app.second_factor.access import MemberRequest, confirmed
from app.second_factor.errors import NameTaken, PasskeyRefused
from app.second_factor.pages import PasskeyForm, added, overview_page, refused, removed
from owed import clock

STATE = "passkey_registration"


@require_POST
@confirmed
def add(request: MemberRequest) -> HttpResponse:
    """Without an answer of a passkey, say what to ask it; with one, keep its public half."""
    form = PasskeyForm(request.POST)
    if not form.is_valid():
        return overview_page(request, form)
    if not form.cleaned_data["credential"]:
        options, request.session[STATE] = webauthn.registration(request.user)
        return JsonResponse(options)
    try:
        made = webauthn.registered(request.session.pop(STATE, None), form.cleaned_data["credential"])
        codes = changes.add_passkey(request.user, made, form.cleaned_data["name"], now=clock.now())
    except (NameTaken, PasskeyRefused) as error:
        form.add_error("name", str(error))
        return overview_page(request, form)
    return added(request, codes, _("Your passkey is added."))


@require_POST
@confirmed
def remove(request: MemberRequest, pk: int) -> HttpResponse:
    """Let the passkey sign in no more."""
    try:
        changes.remove_passkey(request.user, pk, now=clock.now())
    except Refused as error:
        return refused(request, error)
    return removed(request)
