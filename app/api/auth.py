"""Authentication by token alone: without cookies, no other site can act in a reader's name."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja.security import HttpBearer

from app.accounts.models import ApiToken, User
from app.api.errors import SET_UP_FIRST, Forbidden, TokenRefused
from app.second_factor.status import must_set_up

SCHEMES = {"token", "bearer"}


class Request(HttpRequest):
    """A request whose sender is known, by `auth`."""

    auth: User


class MaybeRequest(HttpRequest):
    """A request that also guests may send."""

    auth: User | AnonymousUser


class SignedIn(HttpBearer):
    """`Authorization: Token <token>` or `Bearer <token>`."""

    def __call__(self, request: HttpRequest) -> User | AnonymousUser | None:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        return self.authenticate(request, token.strip()) if scheme.lower() in SCHEMES else None

    def authenticate(self, request: HttpRequest, token: str) -> User | None:
        """Return whose token it is. Raises TokenRefused for those who must set up a second factor first."""
        user = ApiToken.objects.resolve(token)
        if user is not None and must_set_up(user):
            raise TokenRefused(str(SET_UP_FIRST))
        return user


class OptionalSignIn(SignedIn):
    """SignedIn, or a guest. A token that is not valid is an error all the same."""

    def __call__(self, request: HttpRequest) -> User | AnonymousUser | None:
        return super().__call__(request) if "Authorization" in request.headers else AnonymousUser()


signed_in = SignedIn()
optional = OptionalSignIn()


def must_write(user: User) -> None:
    """Raise Forbidden for readers."""
    if not user.can_write():
        raise Forbidden(_("Your account may read and comment, not write."))


def must_import(user: User) -> None:
    """Raise Forbidden for those who may not bring in posts from another system."""
    if not user.can_import():
        raise Forbidden(_("Your account may not import. Ask an editor."))


def must_export(user: User) -> None:
    """Raise Forbidden for those who may not take everything away."""
    if not user.can_export():
        raise Forbidden(_("Your account may not export. Ask an editor."))


def must_manage_subscribers(user: User) -> None:
    """Raise Forbidden for those who may not see who reads by mail."""
    if not user.can_manage_subscribers():
        raise Forbidden(_("Your account may not manage subscribers. Ask an editor."))


def must_manage_site(user: User) -> None:
    """Raise Forbidden for those who may not see and change the settings of the publication."""
    if not user.can_manage_site():
        raise Forbidden(_("Your account may not change the settings. Ask an editor."))


def must_enter_studio(user: User) -> None:
    """Raise Forbidden for readers who do not operate the site."""
    if not user.can_enter_studio():
        raise Forbidden(_("Your account may read and comment, not write."))
