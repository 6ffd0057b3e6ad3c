"""Accounts on other networks."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from app.social.connecting import CannotConnect, connect, is_unknown
from app.social.models import Account, ShareState, SocialPost
from app.social.networks import NETWORKS, choices
from app.social.networks.base import NetworkForm
from app.social.sharing import remove, resume
from app.studio.access import WriterRequest, writers
from owed import clock

TROUBLE = (ShareState.FAILED, ShareState.UNKNOWN)
SHOWN = 20


@require_http_methods(["GET", "POST"])
@writers
def social(request: WriterRequest) -> HttpResponse:
    """List accounts; POST connects one, and shows a secret that was made here this once."""
    asked = request.POST if request.method == "POST" else request.GET
    network = asked.get("network", "")
    network = network if network in NETWORKS else min(NETWORKS)
    form = NETWORKS[network].form(request.POST or None, initial={"network": network})
    made, secret = _connect(request, form) if request.method == "POST" and form.is_valid() else (None, "")
    own = Account.objects.managed_by(request.user)
    about = {
        "accounts": own.connected().select_related("owner").order_by("-active", "name", "pk"),
        "troubles": SocialPost.objects.connected()
        .filter(account__in=own, state__in=TROUBLE)
        .select_related("account")
        .order_by("-pk")[:SHOWN],
        "form": NETWORKS[network].form(initial={"network": network}) if made else form,
        "networks": choices(),
        "network": network,
        "made": made,
        "secret": secret,
    }
    return render(request, "studio/social.html", about, status=422 if form.errors else 200)


@require_POST
@writers
def account(request: WriterRequest, pk: int) -> HttpResponse:
    """Switch an account on; `_method=delete` switches it off."""
    found = _account(request, pk)
    off = request.POST.get("_method") == "delete"
    if off:
        found.disable()
    else:
        resume(found, now=clock.now())
    text = _("%(name)s is off.") if off else _("%(name)s is on.")
    messages.success(request, text % {"name": found.name})
    return redirect("studio:social")


@require_POST
@writers
def removal(request: WriterRequest, pk: int) -> HttpResponse:
    """Remove an account: its secret is forgotten, and the posts' pages still show what went through it."""
    found = _account(request, pk)
    remove(found, now=clock.now())
    messages.success(request, _("%(name)s is removed.") % {"name": found.name})
    return redirect("studio:social")


def _account(request: WriterRequest, pk: int) -> Account:
    """Return an account of the user's. Raises Http404, PermissionDenied."""
    found = get_object_or_404(Account.objects.connected(), pk=pk)
    if not Account.objects.managed_by(request.user).filter(pk=pk).exists():
        raise PermissionDenied
    return found


def _connect(request: WriterRequest, form: NetworkForm) -> tuple[Account | None, str]:
    try:
        made, secret = connect(owner=request.user, **form.cleaned_data)
    except CannotConnect as error:
        form.add_error(None, str(error))
        return None, ""
    if made.endpoint and is_unknown(made.endpoint):
        messages.warning(
            request,
            _("%(host)s cannot be found at the moment. Calls are retried for two days.") % {"host": made.host},
        )
    return made, "" if form.cleaned_data.get("secret") else secret
