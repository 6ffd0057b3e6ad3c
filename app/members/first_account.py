"""The first account of a site that has none: made by a person who can read the link in the log."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.core import signing
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from app.accounts.models import Role, User
from app.accounts.rate_limit import PER_SENDER, may_try, refused, sender, too_many
from app.members.sign_up import SignUpForm
from app.site.pages import Page
from owed.sql import hold

SALT = "members.first_account"
VALID = 7 * 86_400
"""Seconds for which a link opens the page; `manage.py first_account` prints another."""
WELCOME = Page("welcome")


class HasAccounts(Exception):
    """The site has an account already."""


def first_account_link() -> str:
    """Return the address that makes the first account. Raises HasAccounts."""
    if User.objects.exists():
        raise HasAccounts
    return f"{settings.SITE_URL}{reverse('first_account', args=[signing.dumps('first', salt=SALT)])}"


class FirstAccountForm(SignUpForm):
    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        del self.fields["by_mail"]

    @staticmethod
    @transaction.atomic
    def _register(**who: Any) -> User:
        """Make a superuser who edits. Raises HasAccounts where another was quicker."""
        # Two who follow the link at once: the second waits here, and finds the account of the first.
        hold("members:first_account")
        if User.objects.exists():
            raise HasAccounts
        return User.objects.register(**who, role=Role.EDITOR, is_superuser=True, is_staff=True)


@sensitive_post_parameters("password")
@never_cache
def first_account(request: HttpRequest, token: str) -> HttpResponse:
    """Show the form of the first account, while there is none; POST makes it and signs in."""
    _check(token)
    form = FirstAccountForm(request.POST or None)
    user = None
    if request.method == "POST" and form.is_valid():
        if not may_try("first-account", sender(request), per_minute=PER_SENDER):
            form.add_error(None, too_many())
        else:
            user = _made(form)
    if user is None:
        response = render(request, "members/first_account.html", {"form": form})
        return refused(response, form) if form.errors else response
    login(request, user)
    messages.success(request, _("Welcome, %(name)s. Your account is ready.") % {"name": user.username})
    return redirect(WELCOME.url())


def _made(form: FirstAccountForm) -> User | None:
    """Make the account, or note on the form why not. Raises Http404 where another was quicker."""
    try:
        return form.register()
    except HasAccounts:
        raise Http404("the site has an account") from None


def _check(token: str) -> None:
    """Raise Http404 for a link that is not of this site, is too old, or has been used."""
    try:
        signing.loads(token, salt=SALT, max_age=VALID)
    except signing.BadSignature:
        raise Http404("not a link of this site, or too old") from None
    if User.objects.exists():
        raise Http404("the site has an account")
