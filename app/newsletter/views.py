"""Pages of the mailing list: ask to read, confirm, leave."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils.cache import add_never_cache_headers
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt

from app.accounts.rate_limit import may_send, refused
from app.newsletter.forms import CONSENT, SubscribeForm
from app.newsletter.models import Subscriber
from app.newsletter.preferences import PreferencesForm


class SubscribeView(View):
    """Ask for an address. The answer is the same whether the address is known or not."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return render(request, "newsletter/subscribe.html", {"form": SubscribeForm(), "consent": CONSENT})

    def post(self, request: HttpRequest) -> HttpResponse:
        form = SubscribeForm(request.POST)
        if not form.is_valid() or not may_send(form, request, "subscribers"):
            return refused(render(request, "newsletter/subscribe.html", {"form": form, "consent": CONSENT}), form)
        ip = request.META.get("REMOTE_ADDR", "")
        Subscriber.objects.subscribe(form.cleaned_data["email"], source="page", consent=str(CONSENT), ip=ip)
        return render(request, "newsletter/asked.html")


@method_decorator(csrf_exempt, name="dispatch")
class SubscriptionView(View):
    """One reader's subscription. Looking changes nothing, as scanners of mail follow every link; only POST acts.

    No cookie, sign-in or CSRF token is asked for (RFC 8058): the token in the address is the reader's own secret.
    """

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = super().dispatch(request, *args, **kwargs)
        add_never_cache_headers(response)
        response["Referrer-Policy"] = "same-origin"
        response["X-Robots-Tag"] = "noindex"
        return response

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        return self._page(request, get_object_or_404(Subscriber, token=token))

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        subscriber = get_object_or_404(Subscriber, token=token)
        if request.POST.get("List-Unsubscribe") == "One-Click":
            subscriber.unsubscribe()
            return HttpResponse("You are unsubscribed.\n", content_type="text/plain; charset=utf-8")
        action = request.POST.get("action")
        if action == "prefer" and subscriber.is_confirmed:
            return self._prefer(request, subscriber)
        if action == "confirm":
            subscriber.confirm()
        elif action == "unsubscribe":
            subscriber.unsubscribe()
        return self._page(request, subscriber, status=200 if action in {"confirm", "unsubscribe"} else 400)

    def _prefer(self, request: HttpRequest, subscriber: Subscriber) -> HttpResponse:
        form = PreferencesForm(request.POST, subscriber=subscriber)
        if not form.is_valid():
            return self._page(request, subscriber, status=422, form=form)
        form.save()
        return self._page(request, subscriber, saved=True)

    def _page(self, request: HttpRequest, subscriber: Subscriber, *, status: int = 200, **shown: Any) -> HttpResponse:
        if subscriber.is_confirmed and "form" not in shown:
            shown["form"] = PreferencesForm(subscriber=subscriber)
        return render(request, "newsletter/subscription.html", {"subscriber": subscriber, **shown}, status=status)
