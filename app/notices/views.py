"""The page behind the link in each mail that turns this kind of mail off."""

from __future__ import annotations

from django.core.signing import BadSignature
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from app.notices.preferences import StopLink


@method_decorator([csrf_exempt, never_cache], name="dispatch")
class PreferencePage(View):
    """Mail scanners follow every link, so GET changes nothing; the signed link is all that a POST needs."""

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        return _page(request, _read(token), stopped=False)

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        choice = _read(token)
        choice.turn_off()
        return _page(request, choice, stopped=True)


def _read(token: str) -> StopLink:
    try:
        return StopLink.read(token)
    except BadSignature:
        raise Http404 from None


def _page(request: HttpRequest, choice: StopLink, *, stopped: bool) -> HttpResponse:
    response = render(request, "notices/preference.html", {"choice": choice, "stopped": stopped})
    response["Referrer-Policy"] = "same-origin"  # the link is a secret
    return response
