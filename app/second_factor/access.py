"""A guard of the pages that change how one signs in: their owner was asked for the password a short while ago."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.cache import never_cache

from app.accounts.models import User
from app.second_factor.session import is_confirmed

View = Callable[..., HttpResponse]


class MemberRequest(HttpRequest):
    """A request behind the guard."""

    user: User


def confirmed(view: View) -> View:
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if is_confirmed(request):
            return view(request, *args, **kwargs)
        back = request.path if request.method == "GET" else reverse("second_factor")
        return redirect(f"{reverse('confirm_password')}?{urlencode({'next': back})}")

    return never_cache(login_required(guarded))
