"""One's own account: what signs in beside the password, linked and unlinked."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from app.blog.errors import Refused
from app.openid import linking, pending
from app.openid.models import Identity
from app.openid.sign_in import leave, required
from app.second_factor.access import MemberRequest, confirmed
from owed import clock


@require_GET
@never_cache
@login_required
def overview(request: HttpRequest) -> HttpResponse:
    """Show whether the provider signs the person in."""
    found = required()
    identity = Identity.objects.filter(user=request.user.pk, issuer=found.issuer).first()
    return render(request, "openid/overview.html", {"provider_name": found.name, "identity": identity})


@require_POST
@confirmed
def link(request: MemberRequest) -> HttpResponse:
    """Lead to the provider; its answer links."""
    return leave(request, pending.LINK, "")


@require_POST
@confirmed
def unlink(request: MemberRequest, pk: int) -> HttpResponse:
    required()
    try:
        linking.unlink(request.user, pk, now=clock.now())
    except Refused as error:
        messages.error(request, str(error))
    else:
        update_session_auth_hash(request, request.user)
        messages.success(request, _("Unlinked. It no longer signs you in, and your other sessions have ended."))
    return redirect("openid")
