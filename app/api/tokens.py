"""Tokens: a program signs in once and keeps the token."""

from typing import Annotated

from django.contrib.auth import authenticate
from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Router, Schema, Status
from pydantic import Field

from app.accounts import sign_in_log
from app.accounts.models import ApiToken, User
from app.accounts.models.token import digest
from app.accounts.rate_limit import TOO_MANY, may_sign_in, signed_in
from app.api.auth import Request
from app.api.errors import SET_UP_FIRST, Forbidden, Problem, Refusal, TooMany
from app.api.fields import Line, Strict
from app.second_factor.status import has_second_factor, must_set_up
from app.second_factor.verification import accept_code, may_verify
from owed import clock

router = Router(tags=["tokens"])


class SignIn(Strict):
    username: Annotated[str, Field(max_length=150)]
    password: Annotated[str, Field(max_length=1000)]
    name: Annotated[Line, Field(max_length=100)] = ""
    code: Annotated[str, Field(max_length=60)] = ""


class Issued(Schema):
    """The token in clear: it cannot be shown again."""

    token: str
    name: str


class BadSignIn(Refusal):
    status = 401


@router.post("", auth=None, response={201: Issued, 401: Problem, 403: Problem, 422: Problem, 429: Problem})
def sign_in(request: HttpRequest, payload: SignIn) -> Status[dict[str, str]]:
    """Exchange a name and a password for a token. `code`, of the app or a recovery code, where two-factor sign-in is set up."""
    if not may_sign_in(request, payload.username):
        sign_in_log.refused(request, "too many")
        raise TooMany(str(TOO_MANY))
    if "\x00" in payload.username:
        raise BadSignIn(_("The name or the password is wrong."))
    user = authenticate(request, username=payload.username, password=payload.password)
    if not isinstance(user, User):
        raise BadSignIn(_("The name or the password is wrong."))
    signed_in(request, payload.username)
    _take_second_step(request, user, payload.code)
    sign_in_log.accepted(request, user.pk)
    _row, token = ApiToken.objects.issue(user, payload.name or "API")
    return Status(201, {"token": token, "name": payload.name or "API"})


def _take_second_step(request: HttpRequest, user: User, code: str) -> None:
    """Raise what is missing beside the right password: a code, or that one is set up at all."""
    if must_set_up(user):
        sign_in_log.refused(request, "no second factor", user_id=user.pk)
        raise Forbidden(str(SET_UP_FIRST))
    if not has_second_factor(user):
        return
    if not may_verify(request, user):
        sign_in_log.refused(request, "too many", user_id=user.pk)
        raise TooMany(str(TOO_MANY))
    if not accept_code(user, code, now=clock.now()):
        sign_in_log.refused(request, "code", user_id=user.pk)
        raise BadSignIn(_("Send a code of your authenticator app, or a recovery code, that was not used yet."))


@router.delete("/current", response={204: None, 401: Problem})
def sign_out(request: Request) -> Status[None]:
    """Revoke the token that this request is sent with."""
    text = request.headers["Authorization"].partition(" ")[2].strip()
    for token in ApiToken.objects.filter(digest=digest(text)):
        token.revoke()
    return Status(204, None)
