"""The pages behind the links in mails: stop one kind of mail, confirm an address, take another."""

from __future__ import annotations

from typing import TypeVar

from django.core.signing import BadSignature
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from app.notices import moves
from app.notices.addresses import Address
from app.notices.choices import Choice
from owed import clock

Link = TypeVar("Link", Choice, Address)


@method_decorator([csrf_exempt, never_cache], name="dispatch")
class ChoiceView(View):
    """Looking changes nothing; the signed link is all that a POST needs."""

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        return _page(request, "choice", choice=_read(Choice, token), stopped=False)

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        choice = _read(Choice, token)
        choice.turn_off()
        return _page(request, "choice", choice=choice, stopped=True)


@method_decorator([csrf_exempt, never_cache], name="dispatch")
class AddressView(View):
    """As above: scanners of mail follow every link, and must confirm nothing."""

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        return _page(request, "address", address=_read(Address, token), confirmed=False)

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        address = _read(Address, token)
        address.confirm()
        return _page(request, "address", address=address, confirmed=True)


@method_decorator([csrf_exempt, never_cache], name="dispatch")
class ChangeView(View):
    """As above, for another address of an account. A link that is spent is no error: its address would be logged."""

    def get(self, request: HttpRequest, change_id: int, secret: str) -> HttpResponse:
        change = moves.find(change_id, secret, now=clock.now())
        return _page(request, "change", change=change, taken=False)

    def post(self, request: HttpRequest, change_id: int, secret: str) -> HttpResponse:
        now = clock.now()
        change = moves.find(change_id, secret, now=now)
        taken = change is not None and moves.take(change, now=now)
        return _page(request, "change", change=change if taken else None, taken=taken)


def _read(kind: type[Link], token: str) -> Link:
    try:
        return kind.read(token)
    except BadSignature:
        raise Http404 from None


def _page(request: HttpRequest, name: str, **about: object) -> HttpResponse:
    response = render(request, f"notices/{name}.html", about)
    response["Referrer-Policy"] = "no-referrer"
    return response
