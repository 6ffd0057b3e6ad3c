"""Middleware: where the publication asks someone for a second factor, studio and admin open only with it."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect

from app.second_factor.session import begin, is_verified, is_vouched
from app.second_factor.status import has_second_factor
from app.site.pages import SECOND_STEP

GUARDED = ("/studio/", "/admin/")
OPEN = ("/admin/login/", "/admin/logout/", "/admin/jsi18n/")


def required(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    def answer(request: HttpRequest) -> HttpResponseBase:
        where = _way_round(request) if request.path_info.startswith(GUARDED) and request.path_info not in OPEN else ""
        if not where:
            return get_response(request)
        # htmx follows a redirect by itself: the page would appear inside another.
        return HttpResponseClientRedirect(where) if request.headers.get("HX-Request") else redirect(where)

    return answer


def _way_round(request: HttpRequest) -> str:
    """Return where the person is led first; "" where they may go on. A session may outlive the factor that it has proved."""
    user = request.user
    if not user.is_authenticated or not user.needs_second_factor or is_vouched(request):
        return ""
    if not has_second_factor(user):
        return reverse("second_factor")
    if is_verified(request):
        return ""
    begin(request, user, request.get_full_path() if request.method == "GET" else "")
    return SECOND_STEP.url()
